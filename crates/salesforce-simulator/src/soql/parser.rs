//! A recursive-descent parser for a subset of SOQL. Everything else is `MALFORMED_QUERY`.

#[cfg(test)]
mod tests;

use super::ast::{Columns, Condition, Literal, Name, Operator, Order, Query};
use super::lexer::{self, PositionedToken, Token};
use crate::refusal::Refusal;
use crate::value;

/// The maximum nesting of conditions and queries, which protects the stack.
const MAX_DEPTH: usize = 100;

/// Parses a query.
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
    tokens: Vec<PositionedToken>,
    next: usize,
    /// The nesting of conditions and queries at the next token.
    depth: usize,
}

impl Parser<'_> {
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Refusal>) -> Result<T, Refusal> {
        if self.depth == MAX_DEPTH {
            return Err(self.malformed("the query is nested too deep"));
        }
        self.depth += 1;
        let outcome = inner(self);
        self.depth -= 1;
        outcome
    }

    fn query(&mut self) -> Result<Query, Refusal> {
        self.nested(|parser| {
            parser.expect_keyword("SELECT")?;
            let columns = parser.columns()?;
            parser.expect_keyword("FROM")?;
            let from = parser.name()?;
            let filter = if parser.eat_keyword("WHERE") { Some(parser.condition()?) } else { None };
            let mut order = Vec::new();
            if parser.eat_keyword("ORDER") {
                parser.expect_keyword("BY")?;
                order = parser.list(Self::order)?;
            }
            let limit = if parser.eat_keyword("LIMIT") { Some(parser.whole_number()?) } else { None };
            Ok(Query { columns, from, filter, order, limit })
        })
    }

    fn columns(&mut self) -> Result<Columns, Refusal> {
        let names = self.list(Self::name)?;
        if !self.eat("(") {
            return Ok(Columns::Fields(names));
        }
        match names.as_slice() {
            [only] if only.text.eq_ignore_ascii_case("COUNT") => {
                self.expect(")")?;
                Ok(Columns::Count)
            }
            _ => {
                self.next -= 1;
                Err(self.unexpected())
            }
        }
    }

    fn order(&mut self) -> Result<Order, Refusal> {
        let by = self.name()?;
        let descending = self.eat_keyword("DESC");
        if !descending {
            self.eat_keyword("ASC");
        }
        Ok(Order { by, descending })
    }

    /// Conditions joined by AND or by OR. Mixing them requires parentheses.
    fn condition(&mut self) -> Result<Condition, Refusal> {
        let first = self.term()?;
        for (keyword, join) in [("AND", Condition::And as fn(_) -> _), ("OR", Condition::Or)] {
            if self.is_keyword(keyword) {
                let mut terms = vec![first];
                while self.eat_keyword(keyword) {
                    terms.push(self.term()?);
                }
                if self.is_keyword("AND") || self.is_keyword("OR") {
                    return Err(self.unexpected());
                }
                return Ok(join(terms));
            }
        }
        Ok(first)
    }

    fn term(&mut self) -> Result<Condition, Refusal> {
        self.nested(|parser| {
            if parser.eat_keyword("NOT") {
                return Ok(Condition::Not(Box::new(parser.term()?)));
            }
            if parser.eat("(") {
                let inner = parser.condition()?;
                parser.expect(")")?;
                return Ok(inner);
            }
            let left = parser.name()?;
            if parser.eat_keyword("IN") {
                return parser.membership(left, false);
            }
            if parser.eat_keyword("NOT") {
                parser.expect_keyword("IN")?;
                return parser.membership(left, true);
            }
            Ok(Condition::Compare { left, operator: parser.operator()?, right: parser.literal()? })
        })
    }

    fn membership(&mut self, left: Name, negated: bool) -> Result<Condition, Refusal> {
        self.expect("(")?;
        let condition = if self.is_keyword("SELECT") {
            Condition::InQuery { left, negated, right: Box::new(self.query()?) }
        } else {
            Condition::In { left, negated, right: self.list(Self::literal)? }
        };
        self.expect(")")?;
        Ok(condition)
    }

    fn operator(&mut self) -> Result<Operator, Refusal> {
        let operator = match self.peek() {
            Token::Symbol("=") => Operator::Equal,
            Token::Symbol("!=" | "<>") => Operator::NotEqual,
            Token::Symbol("<") => Operator::Less,
            Token::Symbol("<=") => Operator::LessOrEqual,
            Token::Symbol(">") => Operator::Greater,
            Token::Symbol(">=") => Operator::GreaterOrEqual,
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(operator)
    }

    fn literal(&mut self) -> Result<Literal, Refusal> {
        let literal = match self.peek() {
            Token::Text(text) => Some(Literal::Text(text.clone())),
            Token::Number(digits) if digits.contains('T') => value::parse_time(digits).map(Literal::Time),
            Token::Number(digits) => digits.parse().ok().map(Literal::Number),
            Token::Identifier(word) => match word.to_ascii_uppercase().as_str() {
                "NULL" => Some(Literal::Null),
                "TRUE" => Some(Literal::Bool(true)),
                "FALSE" => Some(Literal::Bool(false)),
                _ => None,
            },
            _ => None,
        };
        let literal = literal.ok_or_else(|| self.unexpected())?;
        self.advance();
        Ok(literal)
    }

    fn whole_number(&mut self) -> Result<u64, Refusal> {
        let number = match self.peek() {
            Token::Number(digits) => digits.parse().ok(),
            _ => None,
        };
        let number = number.ok_or_else(|| self.unexpected())?;
        self.advance();
        Ok(number)
    }

    fn name(&mut self) -> Result<Name, Refusal> {
        let Token::Identifier(word) = self.peek() else { return Err(self.unexpected()) };
        let name = Name { text: word.clone(), at: self.tokens[self.next].at };
        self.advance();
        Ok(name)
    }

    /// A comma-separated list with at least one item.
    fn list<T>(&mut self, item: impl Fn(&mut Self) -> Result<T, Refusal>) -> Result<Vec<T>, Refusal> {
        let mut items = vec![item(self)?];
        while self.eat(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn peek(&self) -> &Token {
        &self.tokens[self.next].token
    }

    fn advance(&mut self) {
        self.next = (self.next + 1).min(self.tokens.len() - 1);
    }

    fn is_keyword(&self, keyword: &str) -> bool {
        matches!(self.peek(), Token::Identifier(own) if own.eq_ignore_ascii_case(keyword))
    }

    fn eat_keyword(&mut self, keyword: &str) -> bool {
        let found = self.is_keyword(keyword);
        if found {
            self.advance();
        }
        found
    }

    fn expect_keyword(&mut self, keyword: &str) -> Result<(), Refusal> {
        if self.eat_keyword(keyword) { Ok(()) } else { Err(self.unexpected()) }
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

    fn unexpected(&self) -> Refusal {
        let shown = match self.peek() {
            Token::Identifier(word) | Token::Number(word) => word.clone(),
            Token::Text(text) => format!("'{text}'"),
            Token::Symbol(symbol) => (*symbol).to_owned(),
            Token::End => "<EOF>".to_owned(),
        };
        self.malformed(&format!("unexpected token: '{shown}'"))
    }

    fn malformed(&self, message: &str) -> Refusal {
        Refusal::in_query("MALFORMED_QUERY", self.text, self.tokens[self.next].at, message)
    }
}
