//! Parameters that nobody took: those of AWS's own that are not simulated, and those that AWS does not know either.

use crate::cloud::api::caller::Service;
use crate::cloud::api::error::ApiError;

/// The parameters of the actions, as AWS's public model has them.
const TABLE: &str = include_str!("../../../fixtures/ec2-parameters.txt");

/// The refusal of a parameter that an action did not take.
pub fn refused(service: Service, action: &str, parameter: &str) -> ApiError {
    if service != Service::Ec2 || is_known(action, parameter) {
        return ApiError::not_simulated(action, parameter);
    }
    // AWS names the last part alone: SpreadDomain for Placement.SpreadDomain, quoted from the real RunInstances.
    let last = parameter
        .rsplit('.')
        .find(|part| !part.is_empty() && !is_number(part))
        .unwrap_or(parameter);
    ApiError::new(
        "UnknownParameter",
        format!("The parameter {last} is not recognized"),
    )
}

/// Whether AWS's model has the parameter. The numbers of lists may be any.
fn is_known(action: &str, parameter: &str) -> bool {
    let parts = parameter.split('.');
    let general: Vec<&str> = parts
        .map(|part| if is_number(part) { "N" } else { part })
        .collect();
    of(action).any(|known| known == general.join("."))
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())
}

/// The parameters of one action: the indented lines below its name.
fn of(action: &str) -> impl Iterator<Item = &'static str> {
    TABLE
        .lines()
        .skip_while(move |line| *line != action)
        .skip(1)
        .take_while(|line| line.starts_with(' '))
        .flat_map(str::split_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::api::actions::ACTIONS;
    use crate::cloud::api::shape::Shape;

    /// The parameters of a shape, as the table writes them.
    fn paths(shape: &Shape, path: &str, found: &mut Vec<String>) {
        match shape {
            Shape::Structure(members) => {
                for member in *members {
                    let dot = if path.is_empty() { "" } else { "." };
                    paths(&member.shape, &format!("{path}{dot}{}", member.wire), found);
                }
            }
            Shape::List(of) => paths(of, &format!("{path}.N"), found),
            Shape::Text
            | Shape::Integer
            | Shape::Float
            | Shape::Boolean
            | Shape::Timestamp
            | Shape::Blob => found.push(path.to_owned()),
        }
    }

    #[test]
    fn every_parameter_that_is_taken_is_one_of_awss() {
        for action in ACTIONS.iter().filter(|one| one.service == Service::Ec2) {
            let mut taken = Vec::new();
            paths(&action.request, "", &mut taken);
            assert!(of(action.name).count() > 0, "{}", action.name);
            for path in taken {
                assert!(
                    of(action.name).any(|known| known == path),
                    "{}: {path}",
                    action.name
                );
            }
        }
    }

    #[test]
    fn the_two_kinds_are_told_apart() {
        let refusal = |action, parameter| refused(Service::Ec2, action, parameter).to_string();
        assert!(
            refusal(
                "RunInstances",
                "NetworkInterface.12.Ipv6Addresses.1.Ipv6Address"
            )
            .starts_with("GroundSchool.NotSimulated: ")
        );
        for (parameter, named) in [
            ("Foo", "Foo"),
            ("Placement.Foo", "Foo"),
            ("SecurityGroupIds.1", "SecurityGroupIds"),
            ("SecurityGroupId", "SecurityGroupId"),
        ] {
            assert_eq!(
                refusal("RunInstances", parameter),
                format!("UnknownParameter: The parameter {named} is not recognized")
            );
        }
    }
}
