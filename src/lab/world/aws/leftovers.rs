//! What the lesson left in the account, in words, with the command that removes each. Nothing is removed by this program.

use std::fmt::Write;

use crate::course::evidence::Leftover;

/// The words; a good one when nothing is left.
pub fn words(left: &[Leftover], region: &str) -> String {
    if left.is_empty() {
        return format!("Nothing is left in region {region} that was not there before.");
    }
    let costs = left.iter().any(|one| one.costs);
    let mut text = if costs {
        format!("STILL THERE, AND IT COSTS MONEY, in region {region}:\n")
    } else {
        format!("Still there in region {region}; it costs nothing:\n")
    };
    for one in left {
        let word = if one.costs { " - costs money" } else { "" };
        let _ = writeln!(text, "{}{word}\n    {}", one.what, one.cure);
    }
    text.push_str("These are yours to remove: this program never does. A group can go when its instance is terminated.");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_costs_money_cannot_be_missed() {
        let instance = Leftover {
            what: "Instance i-1 (running)".into(),
            cure: "aws ec2 terminate-instances --instance-ids i-1".into(),
            costs: true,
        };
        let text = words(&[instance], "us-east-1");
        assert!(text.starts_with("STILL THERE, AND IT COSTS MONEY"));
        assert!(text.contains("\n    aws ec2 terminate-instances --instance-ids i-1\n"));
        assert!(words(&[], "us-east-1").starts_with("Nothing is left"));
    }
}
