//! Splits a query into tokens with their positions.

use crate::refusal::Refusal;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A keyword, a name or a dotted path.
    Identifier(String),
    /// A quoted string.
    Text(String),
    /// A number, a date or a time.
    Number(String),
    Symbol(&'static str),
    End,
}

#[derive(Clone, Debug)]
pub(crate) struct PositionedToken {
    pub(crate) token: Token,
    pub(crate) at: usize,
}

const SYMBOLS: [&str; 10] = ["<=", ">=", "!=", "<>", "=", "<", ">", "(", ")", ","];

pub(crate) fn tokens(query: &str) -> Result<Vec<PositionedToken>, Refusal> {
    let bytes = query.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        let start = at;
        let token = match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {
                at += 1;
                continue;
            }
            b'\'' => text(query, &mut at)?,
            b'0'..=b'9' => Token::Number(take(query, &mut at, is_number)),
            b'-' | b'+' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => {
                Token::Number(take(query, &mut at, is_number))
            }
            _ if byte.is_ascii_alphabetic() => {
                Token::Identifier(take(query, &mut at, |byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte)))
            }
            _ => symbol(query, &mut at)?,
        };
        tokens.push(PositionedToken { token, at: start });
    }
    tokens.push(PositionedToken { token: Token::End, at: query.len() });
    Ok(tokens)
}

fn is_number(byte: u8) -> bool {
    byte.is_ascii_digit() || b"-+:.TZ".contains(&byte)
}

fn take(query: &str, at: &mut usize, belongs: impl Fn(u8) -> bool) -> String {
    let rest = &query[*at..];
    let length = rest.bytes().position(|byte| !belongs(byte)).unwrap_or(rest.len());
    *at += length;
    rest[..length].to_owned()
}

fn symbol(query: &str, at: &mut usize) -> Result<Token, Refusal> {
    let rest = &query[*at..];
    let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) else {
        let odd = rest.chars().next().unwrap_or(' ');
        let message = format!("unexpected token: '{odd}'");
        return Err(Refusal::in_query("MALFORMED_QUERY", query, *at, &message));
    };
    *at += symbol.len();
    Ok(Token::Symbol(symbol))
}

fn text(query: &str, at: &mut usize) -> Result<Token, Refusal> {
    let start = *at;
    let mut text = String::new();
    let mut chars = query[start + 1..].char_indices();
    while let Some((offset, char)) = chars.next() {
        match char {
            '\'' => {
                *at = start + 1 + offset + 1;
                return Ok(Token::Text(text));
            }
            '\\' => match chars.next().map(|(_, escaped)| escaped) {
                Some('n' | 'N') => text.push('\n'),
                Some('r' | 'R') => text.push('\r'),
                Some('t' | 'T') => text.push('\t'),
                Some(escaped @ ('\\' | '\'' | '"' | '%' | '_')) => text.push(escaped),
                _ => {
                    let at = start + 1 + offset;
                    let message = "Illegal escape sequence in a string literal";
                    return Err(Refusal::in_query("MALFORMED_QUERY", query, at, message));
                }
            },
            other => text.push(other),
        }
    }
    Err(Refusal::in_query("MALFORMED_QUERY", query, start, "unexpected token: '<EOF>'"))
}
