//! Arithmetic: `$((…))` and `((…))`. brush-parser reads it.

use brush_parser::ast::{
    ArithmeticExpr, ArithmeticTarget, BinaryOperator, UnaryAssignmentOperator, UnaryOperator,
};

use super::Shell;

/// Evaluates an expression in which variables may stand; wraps around as bash does. The error is bash's text.
pub(crate) fn evaluate(shell: &mut Shell, text: &str) -> Result<i64, String> {
    value_of(shell, text, 0)
}

fn value_of(shell: &mut Shell, text: &str, depth: usize) -> Result<i64, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(0);
    }
    // The parser calls itself for each bracket and sign.
    let brackets = text.matches(['(', '[']).count();
    if text.len() > 256 || brackets > 8 || depth > 4 {
        return Err(format!(
            "{text}: expression too long for this simulated machine"
        ));
    }
    let expr = super::parse::ask(|| brush_parser::arithmetic::parse(text))
        .and_then(Result::ok)
        .ok_or_else(|| {
            format!("{text}: syntax error: operand expected (error token is \"{text}\")")
        })?;
    eval(shell, &expr, text, depth)
}

fn eval(shell: &mut Shell, expr: &ArithmeticExpr, text: &str, depth: usize) -> Result<i64, String> {
    match expr {
        ArithmeticExpr::Literal(value) => Ok(*value),
        ArithmeticExpr::Reference(target) => read(shell, target, depth),
        ArithmeticExpr::UnaryOp(op, inner) => {
            let value = eval(shell, inner, text, depth)?;
            Ok(match op {
                UnaryOperator::UnaryPlus => value,
                UnaryOperator::UnaryMinus => value.wrapping_neg(),
                UnaryOperator::BitwiseNot => !value,
                UnaryOperator::LogicalNot => i64::from(value == 0),
            })
        }
        ArithmeticExpr::BinaryOp(BinaryOperator::LogicalAnd, left, right) => Ok(i64::from(
            eval(shell, left, text, depth)? != 0 && eval(shell, right, text, depth)? != 0,
        )),
        ArithmeticExpr::BinaryOp(BinaryOperator::LogicalOr, left, right) => Ok(i64::from(
            eval(shell, left, text, depth)? != 0 || eval(shell, right, text, depth)? != 0,
        )),
        ArithmeticExpr::BinaryOp(op, left, right) => {
            let left = eval(shell, left, text, depth)?;
            let right = eval(shell, right, text, depth)?;
            binary(*op, left, right, text)
        }
        ArithmeticExpr::Conditional(condition, yes, no) => {
            let branch = if eval(shell, condition, text, depth)? != 0 {
                yes
            } else {
                no
            };
            eval(shell, branch, text, depth)
        }
        ArithmeticExpr::Assignment(target, value) => {
            let value = eval(shell, value, text, depth)?;
            write(shell, target, value)
        }
        ArithmeticExpr::BinaryAssignment(op, target, value) => {
            let value = eval(shell, value, text, depth)?;
            let old = read(shell, target, depth)?;
            write(shell, target, binary(*op, old, value, text)?)
        }
        ArithmeticExpr::UnaryAssignment(op, target) => {
            let old = read(shell, target, depth)?;
            match op {
                UnaryAssignmentOperator::PrefixIncrement => {
                    write(shell, target, old.wrapping_add(1))
                }
                UnaryAssignmentOperator::PrefixDecrement => {
                    write(shell, target, old.wrapping_sub(1))
                }
                UnaryAssignmentOperator::PostfixIncrement => {
                    write(shell, target, old.wrapping_add(1)).map(|_| old)
                }
                UnaryAssignmentOperator::PostfixDecrement => {
                    write(shell, target, old.wrapping_sub(1)).map(|_| old)
                }
            }
        }
    }
}

fn name(target: &ArithmeticTarget) -> Result<&str, String> {
    match target {
        ArithmeticTarget::Variable(name) => Ok(name),
        ArithmeticTarget::ArrayElement(name, _) => {
            Err(format!("{name}: arrays are not simulated on this machine"))
        }
    }
}

fn read(shell: &mut Shell, target: &ArithmeticTarget, depth: usize) -> Result<i64, String> {
    let value = shell.get(name(target)?).unwrap_or_default().to_owned();
    match value.trim().parse() {
        Ok(number) => Ok(number),
        Err(_) => value_of(shell, &value, depth + 1),
    }
}

fn write(shell: &mut Shell, target: &ArithmeticTarget, value: i64) -> Result<i64, String> {
    let name = name(target)?;
    if shell.set(name, value.to_string()) {
        Ok(value)
    } else {
        Err(format!("{name}: readonly variable"))
    }
}

fn binary(op: BinaryOperator, left: i64, right: i64, text: &str) -> Result<i64, String> {
    let zero = || format!("{text}: division by 0 (error token is \"{right}\")");
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "shifts count modulo 64, as in C on x86"
    )]
    let shift = right as u32;
    Ok(match op {
        BinaryOperator::Power => {
            let exponent =
                u32::try_from(right).map_err(|_| format!("{text}: exponent less than 0"))?;
            left.wrapping_pow(exponent)
        }
        BinaryOperator::Multiply => left.wrapping_mul(right),
        BinaryOperator::Divide if right == 0 => return Err(zero()),
        BinaryOperator::Divide => left.wrapping_div(right),
        BinaryOperator::Modulo if right == 0 => return Err(zero()),
        BinaryOperator::Modulo => left.wrapping_rem(right),
        BinaryOperator::Comma => right,
        BinaryOperator::Add => left.wrapping_add(right),
        BinaryOperator::Subtract => left.wrapping_sub(right),
        BinaryOperator::ShiftLeft => left.wrapping_shl(shift),
        BinaryOperator::ShiftRight => left.wrapping_shr(shift),
        BinaryOperator::LessThan => i64::from(left < right),
        BinaryOperator::LessThanOrEqualTo => i64::from(left <= right),
        BinaryOperator::GreaterThan => i64::from(left > right),
        BinaryOperator::GreaterThanOrEqualTo => i64::from(left >= right),
        BinaryOperator::Equals => i64::from(left == right),
        BinaryOperator::NotEquals => i64::from(left != right),
        BinaryOperator::BitwiseAnd => left & right,
        BinaryOperator::BitwiseXor => left ^ right,
        BinaryOperator::BitwiseOr => left | right,
        BinaryOperator::LogicalAnd => i64::from(left != 0 && right != 0),
        BinaryOperator::LogicalOr => i64::from(left != 0 || right != 0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_variables_are_counted_as_bash_counts() {
        let mut shell = Shell::nobody();
        for (text, value) in [
            ("1+2*3", Ok(7)),
            ("x=5", Ok(5)),
            ("x++ + x", Ok(11)),
            ("2**62*4", Ok(0)),
            ("7/2", Ok(3)),
            ("unset_one", Ok(0)),
            ("1 ? 2 : 3", Ok(2)),
            ("0x10", Ok(16)),
        ] {
            assert_eq!(evaluate(&mut shell, text), value, "{text}");
        }
        assert!(
            evaluate(&mut shell, "1/0")
                .unwrap_err()
                .contains("division by 0")
        );
        assert!(evaluate(&mut shell, "1 +").is_err());
        assert_eq!(
            evaluate(&mut shell, &format!("{}/-1", i64::MIN + 1)),
            Ok(i64::MAX)
        );
        assert!(evaluate(&mut shell, &"(".repeat(5000)).is_err());
        shell.set("a", "a".into());
        assert!(evaluate(&mut shell, "a").is_err());
    }
}
