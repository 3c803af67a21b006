//! A recursive-descent parser for the part of SOQL that the reference lists.

mod condition;

use super::ast::{Call, FieldScope, Function, Item, Name, Operand, Order, Query};
use super::lexer::{self, Placed, Token};
use crate::refusal::Refusal;

/// Conditions and queries inside each other that are followed; far more than a person writes, far less than the stack holds.
const NESTING: usize = 100;

/// Parses one whole query.
pub(crate) fn parse(text: &str) -> Result<Query, Refusal> {
    let mut parser = Parser { text, tokens: lexer::tokens(text)?, next: 0, depth: 0 };
    let query = parser.query()?;
    match parser.peek() {
        Token::End => Ok(query),
        _ => Err(parser.unexpected()),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Placed>,
    next: usize,
    /// How many conditions and queries are open here.
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.next].token
    }

    fn at(&self) -> usize {
        self.tokens[self.next].at
    }

    fn advance(&mut self) -> Placed {
        let placed = self.tokens[self.next].clone();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        placed
    }

    fn malformed(&self, at: usize, message: &str) -> Refusal {
        Refusal::in_query("MALFORMED_QUERY", self.text, at, message)
    }

    fn unexpected(&self) -> Refusal {
        let shown = match self.peek() {
            Token::Word(word) | Token::Number(word) => word.clone(),
            Token::Text(text) => format!("'{text}'"),
            Token::Symbol(symbol) => (*symbol).to_owned(),
            Token::End => "<EOF>".to_owned(),
        };
        self.malformed(self.at(), &format!("unexpected token: '{shown}'"))
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(own) if own.eq_ignore_ascii_case(word))
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        }
        found
    }

    fn expect_word(&mut self, word: &str) -> Result<(), Refusal> {
        if self.eat_word(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn eat(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Token::Symbol(own) if *own == symbol);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), Refusal> {
        if self.eat(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn name(&mut self) -> Result<Name, Refusal> {
        if !matches!(self.peek(), Token::Word(_)) {
            return Err(self.unexpected());
        }
        match self.advance() {
            Placed { token: Token::Word(text), at } => Ok(Name { text, at }),
            _ => Err(self.unexpected()),
        }
    }

    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Refusal>) -> Result<T, Refusal> {
        if self.depth == NESTING {
            return Err(self.malformed(self.at(), "the query is nested too deep"));
        }
        self.depth += 1;
        let outcome = inner(self);
        self.depth -= 1;
        outcome
    }

    fn query(&mut self) -> Result<Query, Refusal> {
        self.nested(Self::query_inside)
    }

    fn query_inside(&mut self) -> Result<Query, Refusal> {
        self.expect_word("SELECT")?;
        let mut items = vec![self.item()?];
        while self.eat(",") {
            items.push(self.item()?);
        }
        self.expect_word("FROM")?;
        let from = self.name()?;
        let alias = self.alias(&CLAUSES)?.map(|name| name.text);
        self.skip_scope()?;
        let filter = if self.eat_word("WHERE") { Some(self.condition()?) } else { None };
        if self.eat_word("WITH") {
            self.name()?;
        }
        let mut query = Query {
            items,
            from,
            alias,
            filter,
            group: Vec::new(),
            having: None,
            order: Vec::new(),
            limit: None,
            offset: 0,
        };
        self.grouping(&mut query)?;
        self.tail(&mut query)?;
        Ok(query)
    }

    fn skip_scope(&mut self) -> Result<(), Refusal> {
        if self.eat_word("USING") {
            self.expect_word("SCOPE")?;
            self.name()?;
        }
        Ok(())
    }

    fn grouping(&mut self, query: &mut Query) -> Result<(), Refusal> {
        if self.eat_word("GROUP") {
            self.expect_word("BY")?;
            query.group.push(self.name()?);
            while self.eat(",") {
                query.group.push(self.name()?);
            }
        }
        if self.eat_word("HAVING") {
            query.having = Some(self.condition()?);
        }
        Ok(())
    }

    fn tail(&mut self, query: &mut Query) -> Result<(), Refusal> {
        if self.eat_word("ORDER") {
            self.expect_word("BY")?;
            query.order.push(self.order()?);
            while self.eat(",") {
                query.order.push(self.order()?);
            }
        }
        if self.eat_word("LIMIT") {
            query.limit = Some(self.whole_number()?);
        }
        let at = self.at();
        if self.eat_word("OFFSET") {
            query.offset = self.whole_number()?;
            if query.offset > 2000 {
                let message = "Maximum SOQL offset allowed is 2000";
                return Err(Refusal::in_query("NUMBER_OUTSIDE_VALID_RANGE", self.text, at, message));
            }
        }
        if self.eat_word("FOR") {
            self.name()?;
        }
        if self.eat_word("ALL") {
            self.expect_word("ROWS")?;
        }
        Ok(())
    }

    fn whole_number(&mut self) -> Result<u64, Refusal> {
        let parsed = match self.peek() {
            Token::Number(digits) => digits.parse().ok(),
            _ => None,
        };
        let number = parsed.ok_or_else(|| self.unexpected())?;
        self.advance();
        Ok(number)
    }

    /// A name after something that may have one, unless it is a keyword that may follow there.
    fn alias(&mut self, keywords: &[&str]) -> Result<Option<Name>, Refusal> {
        match self.peek() {
            Token::Word(word) if !keywords.iter().any(|keyword| keyword.eq_ignore_ascii_case(word)) => {
                self.name().map(Some)
            }
            _ => Ok(None),
        }
    }

    fn item(&mut self) -> Result<Item, Refusal> {
        if self.eat("(") {
            let child = self.query()?;
            self.expect(")")?;
            return Ok(Item::Child(Box::new(child)));
        }
        let name = self.name()?;
        if !matches!(self.peek(), Token::Symbol("(")) {
            let follows = &self.tokens[(self.next + 1).min(self.tokens.len() - 1)].token;
            let ends = match follows {
                Token::Symbol(symbol) => *symbol == ",",
                Token::Word(word) => word.eq_ignore_ascii_case("FROM"),
                _ => false,
            };
            let alias = if ends { self.alias(&["FROM"])? } else { None };
            return Ok(Item::Field { name, alias });
        }
        self.advance();
        if name.text.eq_ignore_ascii_case("FIELDS") {
            return self.fields(name.at);
        }
        let Some(function) = function(&name.text) else {
            return Err(self.malformed(name.at, &format!("unexpected token: '{}'", name.text)));
        };
        if function == Function::Count && self.eat(")") {
            return Ok(Item::CountAll);
        }
        let argument = self.name()?;
        self.expect(")")?;
        let alias = self.alias(&["FROM"])?;
        Ok(Item::Aggregate { call: Call { function, argument }, alias })
    }

    fn fields(&mut self, at: usize) -> Result<Item, Refusal> {
        let scope = match self.name()?.text.to_ascii_uppercase().as_str() {
            "ALL" => FieldScope::All,
            "STANDARD" => FieldScope::Standard,
            "CUSTOM" => FieldScope::Custom,
            _ => {
                self.next -= 1;
                return Err(self.unexpected());
            }
        };
        self.expect(")")?;
        Ok(Item::Fields { scope, at })
    }

    fn operand(&mut self) -> Result<Operand, Refusal> {
        let name = self.name()?;
        if !self.eat("(") {
            return Ok(Operand::Field(name));
        }
        let Some(function) = function(&name.text) else {
            return Err(self.malformed(name.at, &format!("unexpected token: '{}'", name.text)));
        };
        let argument = self.name()?;
        self.expect(")")?;
        Ok(Operand::Aggregate(Call { function, argument }))
    }

    fn order(&mut self) -> Result<Order, Refusal> {
        let by = self.operand()?;
        let descending = self.eat_word("DESC");
        if !descending {
            self.eat_word("ASC");
        }
        let nulls_first = if self.eat_word("NULLS") {
            let first = self.eat_word("FIRST");
            if !first {
                self.expect_word("LAST")?;
            }
            Some(first)
        } else {
            None
        };
        Ok(Order { by, descending, nulls_first })
    }
}

/// Keywords that may follow the object's name, and are therefore no alias.
const CLAUSES: [&str; 11] =
    ["USING", "WHERE", "WITH", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FOR", "ALL", "AS"];

fn function(name: &str) -> Option<Function> {
    Some(match name.to_ascii_uppercase().as_str() {
        "COUNT" => Function::Count,
        "COUNT_DISTINCT" => Function::CountDistinct,
        "MIN" => Function::Min,
        "MAX" => Function::Max,
        "SUM" => Function::Sum,
        "AVG" => Function::Avg,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::soql::ast::{Condition, Literal};

    #[test]
    fn the_listed_subset_is_understood() {
        for query in [
            "SELECT Id FROM User",
            "select Id, Name from User u where u.Name = 'O\\'Brien' order by Name desc nulls last limit 5 offset 10",
            "SELECT COUNT() FROM User",
            "SELECT COUNT(Id) c, MAX(LastLoginDate) FROM User GROUP BY ProfileId HAVING COUNT(Id) > 2 ORDER BY COUNT(Id)",
            "SELECT Id, (SELECT Id FROM PermissionSetLicenseAssignments WHERE IsDeleted = false LIMIT 1) FROM User",
            "SELECT FIELDS(ALL) FROM User LIMIT 200",
            "SELECT Id FROM User USING SCOPE everything WHERE Id IN (SELECT UserId FROM LoginHistory) WITH USER_MODE",
            "SELECT Id FROM User WHERE (A = 1 OR B = -2.5) AND NOT (C LIKE 'x%' AND D NOT IN ('a','b')) FOR VIEW",
            "SELECT Id FROM User WHERE A = TODAY AND B > LAST_N_DAYS:30 AND C = 2026-10-02 AND D < 2026-10-02T08:15:30.000+00:00",
            "SELECT Id FROM User WHERE A INCLUDES ('x') ALL ROWS",
            "SELECT Id FROM LoginHistory WHERE LoginTime >= 2020-01-01T00:00:00.000000Z  ORDER BY LoginTime ASC",
        ] {
            assert!(parse(query).is_ok(), "{query}: {:?}", parse(query));
        }
    }

    #[test]
    fn what_nests_without_end_is_malformed_and_spares_the_stack() {
        for (open, inner, close) in
            [("(", "A = 1", ")"), ("NOT ", "A = 1", ""), ("A IN (SELECT Id FROM User WHERE ", "A = 1", ")")]
        {
            let query = |depth: usize| {
                format!("SELECT Id FROM User WHERE {}{inner}{}", open.repeat(depth), close.repeat(depth))
            };
            assert!(parse(&query(40)).is_ok(), "{open}");
            assert_eq!(parse(&query(100_000)).unwrap_err().code, "MALFORMED_QUERY", "{open}");
        }
        let query = "SELECT (".repeat(100_000);
        assert_eq!(parse(&query).unwrap_err().code, "MALFORMED_QUERY");
    }

    #[test]
    fn what_makes_no_sense_is_malformed() {
        for query in [
            "",
            "SELECT FROM User",
            "SELECT Id",
            "SELECT Id, FROM User",
            "SELECT Id FROM User WHERE",
            "SELECT Id FROM User WHERE A = ",
            "SELECT Id FROM User WHERE A IN ()",
            "SELECT Id FROM User WHERE A = 1 OR B = 2 AND C = 3",
            "SELECT Id FROM User LIMIT x",
            "SELECT Id FROM User ORDER Id",
            "SELECT Id FROM User; DROP TABLE User",
            "SELECT UPPER(Name) FROM User",
            "SELECT Id FROM User WHERE D = 2026-13-45",
            "SELECT Id FROM User WHERE D = LAST_N_DAYS",
            "SELECT Id FROM User WHERE A = 'x\\q'",
        ] {
            assert_eq!(parse(query).map(|_| ()).unwrap_err().code, "MALFORMED_QUERY", "{query}");
        }
    }

    #[test]
    fn literals_keep_their_kind() {
        let query = parse("SELECT Id FROM User WHERE A = LAST_N_DAYS:7").unwrap();
        let Some(Condition::Compare { right, .. }) = query.filter else { panic!("one comparison") };
        assert_eq!(right, Literal::Period { name: "LAST_N_DAYS".to_owned(), count: 7 });
    }
}
