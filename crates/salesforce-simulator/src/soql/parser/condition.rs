//! Parses conditions and the literals in them.

use super::Parser;
use crate::refusal::Refusal;
use crate::soql::ast::{Condition, Literal, Operand, Operator};
use crate::soql::dates;
use crate::soql::lexer::Token;
use crate::value;

impl Parser<'_> {
    /// AND and OR may not be mixed without parentheses.
    pub(super) fn condition(&mut self) -> Result<Condition, Refusal> {
        let first = self.term()?;
        for (word, join) in [("AND", Condition::And as fn(_) -> _), ("OR", Condition::Or)] {
            if self.is_word(word) {
                let mut terms = vec![first];
                while self.eat_word(word) {
                    terms.push(self.term()?);
                }
                if self.is_word("AND") || self.is_word("OR") {
                    return Err(self.unexpected());
                }
                return Ok(join(terms));
            }
        }
        Ok(first)
    }

    fn term(&mut self) -> Result<Condition, Refusal> {
        self.nested(Self::term_inside)
    }

    fn term_inside(&mut self) -> Result<Condition, Refusal> {
        if self.eat_word("NOT") {
            return Ok(Condition::Not(Box::new(self.term()?)));
        }
        if self.eat("(") {
            let inner = self.condition()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let left = self.operand()?;
        if self.eat_word("IN") {
            return self.membership(left, false);
        }
        if self.eat_word("NOT") {
            self.expect_word("IN")?;
            return self.membership(left, true);
        }
        let operator = self.operator()?;
        let right = match operator {
            Operator::Includes | Operator::Excludes => {
                self.expect("(")?;
                let literal = self.literal()?;
                self.expect(")")?;
                literal
            }
            _ => self.literal()?,
        };
        Ok(Condition::Compare { left, operator, right })
    }

    fn operator(&mut self) -> Result<Operator, Refusal> {
        let operator = match self.peek() {
            Token::Symbol("=") => Operator::Equal,
            Token::Symbol("!=" | "<>") => Operator::NotEqual,
            Token::Symbol("<") => Operator::Less,
            Token::Symbol("<=") => Operator::LessOrEqual,
            Token::Symbol(">") => Operator::Greater,
            Token::Symbol(">=") => Operator::GreaterOrEqual,
            _ if self.is_word("LIKE") => Operator::Like,
            _ if self.is_word("INCLUDES") => Operator::Includes,
            _ if self.is_word("EXCLUDES") => Operator::Excludes,
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(operator)
    }

    fn membership(&mut self, left: Operand, negated: bool) -> Result<Condition, Refusal> {
        self.expect("(")?;
        if self.is_word("SELECT") {
            let right = Box::new(self.query()?);
            self.expect(")")?;
            return Ok(Condition::InQuery { left, negated, right });
        }
        let mut right = vec![self.literal()?];
        while self.eat(",") {
            right.push(self.literal()?);
        }
        self.expect(")")?;
        Ok(Condition::In { left, negated, right })
    }

    fn literal(&mut self) -> Result<Literal, Refusal> {
        let literal = match self.peek().clone() {
            Token::Text(text) => Literal::Text(text),
            Token::Number(digits) => self.number(&digits)?,
            Token::Word(word) => match word.to_ascii_uppercase().as_str() {
                "NULL" => Literal::Null,
                "TRUE" => Literal::Bool(true),
                "FALSE" => Literal::Bool(false),
                name if dates::is_period(name) => return self.period(name.to_owned()),
                _ => return Err(self.unexpected()),
            },
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(literal)
    }

    fn number(&self, digits: &str) -> Result<Literal, Refusal> {
        if digits.contains('T') {
            return value::parse_time(digits).map(Literal::Time).ok_or_else(|| self.unexpected());
        }
        if digits[1..].contains('-') {
            return value::parse_date(digits).map(Literal::Date).ok_or_else(|| self.unexpected());
        }
        digits.parse().map(Literal::Number).map_err(|_| self.unexpected())
    }

    fn period(&mut self, name: String) -> Result<Literal, Refusal> {
        self.advance();
        let count = if dates::takes_count(&name) {
            self.expect(":")?;
            i64::try_from(self.whole_number()?).map_err(|_| self.unexpected())?
        } else {
            0
        };
        Ok(Literal::Period { name, count })
    }
}
