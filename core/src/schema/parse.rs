//! Rule text to rules (PROTOCOL.md §9.7).
//!
//! ```text
//! rules  = rule { "and" rule }
//! rule   = "tokens(in.T) == tokens(out.T)"
//!        | "tokens(" ( "in." | "out." ) T ") == range(" sum "," sum "," sum ")"
//!        | "signed(" ( number | "genesis." G ) "," G ")"
//!        | sum "<=" "witness.locktime"      |  sum ( "==" | "<=" | "<" ) sum
//! sum    = factor { ( "+" | "-" ) factor }
//! factor = value { "*" value }
//! value  = number | "(" sum ")" | "in." T | "out." T | "global." G | "meta." M | "genesis." G
//!        | "count(" ( "in." T | "out." T | "global." G ) ")"
//! ```
//!
//! `a and b` is the two rules a, b: all rules of an operation must hold anyway.

use super::error::Problem;
use super::lex::{Kind, Lexer, Token};
use super::rule::{Expr, Rule, Side, Threshold};
use super::types::Schema;
use crate::limits::RULE_NODES;

type Parsed<T> = Result<T, Problem>;

/// The rules that `text` says, with the names that `schema` declares.
pub(super) fn rules(text: &str, schema: &Schema) -> Parsed<Vec<Rule>> {
    let mut lexer = Lexer::new(text);
    let next = lexer.token()?;
    let mut parser = Parser {
        lexer,
        next,
        schema,
        nodes: 0,
        depth: 0,
    };
    let mut rules = vec![parser.rule()?];
    while parser.eat("and")? {
        rules.push(parser.rule()?);
    }
    if parser.next.kind == Kind::End {
        Ok(rules)
    } else {
        Err(parser.unexpected("the end of the rule, or `and`"))
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    next: Token<'a>,
    schema: &'a Schema,
    /// Nodes of the rule so far.
    nodes: usize,
    /// Parentheses open now.
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rule(&mut self) -> Parsed<Rule> {
        self.nodes = 0;
        self.node()?;
        if self.eat("tokens")? {
            return self.tokens();
        }
        if self.eat("signed")? {
            return self.signed();
        }
        let left = self.sum()?;
        if self.eat("==")? {
            return Ok(Rule::Equal(left, self.sum()?));
        }
        if self.eat("<")? {
            return Ok(Rule::Less(left, self.sum()?));
        }
        if !self.eat("<=")? {
            return Err(self.unexpected("== or <= or <"));
        }
        if self.eat("witness")? {
            self.expect(".")?;
            self.expect("locktime")?;
            return Ok(Rule::NotBefore(left));
        }
        Ok(Rule::AtMost(left, self.sum()?))
    }

    fn tokens(&mut self) -> Parsed<Rule> {
        self.expect("(")?;
        let side = if self.eat("in")? {
            Side::Input
        } else {
            self.expect("out")?;
            Side::Output
        };
        let owned = self.owned()?;
        self.expect(")")?;
        self.expect("==")?;
        if side == Side::Input && self.eat("tokens")? {
            self.expect("(")?;
            self.expect("out")?;
            self.expect(".")?;
            let name = self.next;
            if self.owned_name()? != owned {
                return Err(syntax(name, "the same owned type on both sides"));
            }
            self.expect(")")?;
            return Ok(Rule::TokensKept(owned));
        }
        if !self.eat("range")? {
            return Err(self.unexpected(match side {
                Side::Input => "tokens(out.NAME) or range",
                Side::Output => "range",
            }));
        }
        self.expect("(")?;
        let first = self.sum()?;
        self.expect(",")?;
        let count = self.sum()?;
        self.expect(",")?;
        let fraction = self.sum()?;
        self.expect(")")?;
        Ok(Rule::TokensRange {
            side,
            owned,
            first,
            count,
            fraction,
        })
    }

    fn signed(&mut self) -> Parsed<Rule> {
        self.expect("(")?;
        self.node()?;
        let threshold = if self.eat("genesis")? {
            Threshold::Genesis(self.global()?)
        } else if self.next.kind == Kind::Number {
            Threshold::Const(self.number()?)
        } else {
            return Err(self.unexpected("a number or genesis.NAME"));
        };
        self.expect(",")?;
        let keys = self.global_name()?;
        self.expect(")")?;
        Ok(Rule::Signed { threshold, keys })
    }

    fn sum(&mut self) -> Parsed<Expr> {
        let mut sum = self.factor()?;
        loop {
            if self.eat("+")? {
                self.node()?;
                sum = Expr::Add(Box::new(sum), Box::new(self.factor()?));
            } else if self.eat("-")? {
                self.node()?;
                sum = Expr::Sub(Box::new(sum), Box::new(self.factor()?));
            } else {
                return Ok(sum);
            }
        }
    }

    fn factor(&mut self) -> Parsed<Expr> {
        let mut product = self.value()?;
        while self.eat("*")? {
            self.node()?;
            product = Expr::Mul(Box::new(product), Box::new(self.value()?));
        }
        Ok(product)
    }

    fn value(&mut self) -> Parsed<Expr> {
        if self.eat("(")? {
            self.depth += 1;
            limit("parentheses in each other", self.depth)?;
            let sum = self.sum()?;
            self.expect(")")?;
            self.depth -= 1;
            return Ok(sum);
        }
        self.node()?;
        if self.next.kind == Kind::Number {
            return self.number().map(Expr::Const);
        }
        let word = self.next;
        match word.text {
            "in" => self.skip_to_owned().map(Expr::In),
            "out" => self.skip_to_owned().map(Expr::Out),
            "global" => self.skip_to_global().map(Expr::Global),
            "genesis" => self.skip_to_global().map(Expr::Genesis),
            "meta" => {
                self.skip()?;
                self.meta().map(Expr::Meta)
            }
            "count" => {
                self.skip()?;
                self.count()
            }
            _ => Err(syntax(
                word,
                "a number, in.NAME, out.NAME, count(…), global.NAME, meta.NAME, genesis.NAME or (",
            )),
        }
    }

    fn count(&mut self) -> Parsed<Expr> {
        self.expect("(")?;
        let word = self.next;
        let count = match word.text {
            "in" => self.skip_to_owned().map(Expr::CountIn)?,
            "out" => self.skip_to_owned().map(Expr::CountOut)?,
            "global" => self.skip_to_global().map(Expr::CountGlobal)?,
            _ => return Err(syntax(word, "in.NAME, out.NAME or global.NAME")),
        };
        self.expect(")")?;
        Ok(count)
    }

    fn number(&mut self) -> Parsed<u64> {
        let digits = self.skip()?;
        let too_large = |_| Problem::ConstantTooLarge {
            found: digits.to_owned(),
        };
        digits.parse().map_err(too_large)
    }

    fn skip_to_owned(&mut self) -> Parsed<u16> {
        self.skip()?;
        self.owned()
    }

    fn skip_to_global(&mut self) -> Parsed<u16> {
        self.skip()?;
        self.global()
    }

    fn owned(&mut self) -> Parsed<u16> {
        self.expect(".")?;
        self.owned_name()
    }

    fn owned_name(&mut self) -> Parsed<u16> {
        let name = self.name()?;
        let number = self.schema.owned_number(name);
        number.ok_or_else(|| unknown("owned type", name, "owned"))
    }

    fn global(&mut self) -> Parsed<u16> {
        self.expect(".")?;
        self.global_name()
    }

    fn global_name(&mut self) -> Parsed<u16> {
        let name = self.name()?;
        let number = self.schema.global_number(name);
        number.ok_or_else(|| unknown("global", name, "globals"))
    }

    fn meta(&mut self) -> Parsed<u16> {
        self.expect(".")?;
        let name = self.name()?;
        let number = self.schema.meta_number(name);
        number.ok_or_else(|| unknown("metadata", name, "metadata"))
    }

    fn name(&mut self) -> Parsed<&'a str> {
        if self.next.kind == Kind::Word {
            self.skip()
        } else {
            Err(self.unexpected("a name"))
        }
    }

    fn eat(&mut self, text: &str) -> Parsed<bool> {
        let found = self.next.text == text;
        if found {
            self.skip()?;
        }
        Ok(found)
    }

    fn expect(&mut self, text: &'static str) -> Parsed<()> {
        if self.eat(text)? {
            Ok(())
        } else {
            Err(self.unexpected(text))
        }
    }

    fn skip(&mut self) -> Parsed<&'a str> {
        let text = self.next.text;
        self.next = self.lexer.token()?;
        Ok(text)
    }

    /// Counts a node, so that no tree deeper than the limit is ever built.
    fn node(&mut self) -> Parsed<()> {
        self.nodes += 1;
        limit("nodes of rule", self.nodes)
    }

    fn unexpected(&self, expected: &'static str) -> Problem {
        syntax(self.next, expected)
    }
}

fn limit(what: &'static str, found: usize) -> Parsed<()> {
    if found > RULE_NODES {
        return Err(Problem::Limit {
            what,
            found,
            max: RULE_NODES,
        });
    }
    Ok(())
}

fn syntax(at: Token<'_>, expected: &'static str) -> Problem {
    Problem::RuleSyntax {
        column: at.column,
        found: match at.kind {
            Kind::End => "the end".to_owned(),
            Kind::Word | Kind::Number | Kind::Sign => format!("{:?}", at.text),
        },
        expected,
    }
}

fn unknown(what: &'static str, name: &str, section: &'static str) -> Problem {
    Problem::UnknownName {
        what,
        name: name.to_owned(),
        section,
    }
}
