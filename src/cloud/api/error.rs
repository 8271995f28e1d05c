//! Errors of the API: one constructor a code, with AWS's exact text.
//!
//! Evidence for each text is in `facts/ec2-api.md` section 2 and in the sections of the resources. What is ours carries a
//! code that starts with `GroundSchool.` and cannot be mistaken for AWS's.

use std::borrow::Cow;

/// A refused call: code, HTTP status and sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// The code, such as `InvalidKeyPair.NotFound`.
    pub code: Cow<'static, str>,
    /// HTTP status: 4xx for the caller's faults, 5xx only for the server's.
    pub status: u16,
    /// The sentence.
    pub message: String,
    /// A part of what was asked for was done nevertheless, so that the account has changed.
    pub partly_done: bool,
}

impl ApiError {
    /// An error with HTTP status 400, as almost all of EC2's are.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self::with_status(code, 400, message)
    }

    /// An error with a status of its own.
    pub fn with_status(code: &'static str, status: u16, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            status,
            message: message.into(),
            partly_done: false,
        }
    }

    /// The same refusal of a call that has changed something.
    #[must_use]
    pub fn partly_done(self, partly_done: bool) -> Self {
        Self {
            partly_done,
            ..self
        }
    }

    /// `InvalidAction`.
    pub fn invalid_action(action: &str) -> Self {
        Self::new(
            "InvalidAction",
            format!("The action {action} is not valid for this web service."),
        )
    }

    /// `MissingParameter`.
    pub fn missing_parameter(name: &str) -> Self {
        Self::new(
            "MissingParameter",
            format!("The request must contain the parameter {name}"),
        )
    }

    /// `InvalidParameterValue` with a sentence of the resource's own.
    pub fn invalid_value(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterValue", message)
    }

    /// `InvalidParameterCombination` with a sentence of the action's own.
    pub fn invalid_combination(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterCombination", message)
    }

    /// A filter that the action does not know.
    pub fn invalid_filter(name: &str) -> Self {
        Self::invalid_value(format!("The filter '{name}' is invalid"))
    }

    /// `DryRunOperation`: what a dry run answers when all is well.
    pub fn dry_run() -> Self {
        Self::with_status(
            "DryRunOperation",
            412,
            "Request would have succeeded, but DryRun flag is set.",
        )
    }

    /// Whether the parameters are all right and only the present state of what they name, or a quota, is against the call.
    ///
    /// A rule that a group has already, or that it has no room for, is not among them: the console's page of rules asks by a
    /// dry run whether it can save, and what AWS says to one is unknown.
    pub fn is_about_state(&self) -> bool {
        matches!(
            &*self.code,
            "AddressLimitExceeded"
                | "DependencyViolation"
                | "IncorrectInstanceState"
                | "InstanceLimitExceeded"
                | "InsufficientFreeAddressesInSubnet"
                | "InvalidGroup.Duplicate"
                | "InvalidInstanceAttributeValue"
                | "InvalidKeyPair.Duplicate"
                | "KeyPairLimitExceeded"
                | "OperationNotPermitted"
                | "Resource.AlreadyAssociated"
                | "SecurityGroupLimitExceeded"
                | "VcpuLimitExceeded"
        )
    }

    /// `AuthFailure`.
    pub fn auth_failure() -> Self {
        let text = "AWS was not able to validate the provided access credentials";
        Self::with_status("AuthFailure", 401, text)
    }

    /// The text of AWS for a value that is no boolean is unverified.
    pub fn not_a_boolean(name: &str, value: &str) -> Self {
        Self::invalid_value(format!(
            "Invalid value '{value}' for {name}. It should be true or false"
        ))
    }

    /// The text of AWS for a value that is no integer is unverified.
    pub fn not_an_integer(name: &str, value: &str) -> Self {
        Self::invalid_value(format!(
            "Invalid value '{value}' for {name}. It should be an integer"
        ))
    }

    /// The text of AWS for a blob that is not base64 is unverified.
    pub fn not_base64(name: &str) -> Self {
        Self::invalid_value(format!(
            "Invalid value for {name}. It should be base64-encoded"
        ))
    }

    /// A value that is longer than allowed.
    pub fn too_long(name: &str, longest: usize) -> Self {
        Self::invalid_value(format!(
            "Value for parameter {name} is invalid. Length exceeds maximum of {longest}."
        ))
    }

    /// A word that is not among those of an enumeration. The text is unverified.
    pub fn invalid_choice(name: &str, value: &str) -> Self {
        Self::invalid_value(format!("Invalid value '{value}' for {name}."))
    }

    /// Our own fault, which clients try again.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::with_status("InternalError", 500, message)
    }

    /// The change could not be written to the disk, and so was not made.
    pub fn not_kept(why: &str) -> Self {
        let text = format!("Ground School could not save this change, so it was not made: {why}");
        Self::with_status("GroundSchool.NotSaved", 507, text)
    }

    /// The same parameter twice; AWS's own answer is unverified.
    pub fn repeated_parameter(name: &str) -> Self {
        Self::invalid_combination(format!("The parameter {name} may be given only once"))
    }

    /// A character that XML cannot carry; AWS's own answer is unverified.
    pub fn control_character(name: &str, character: char) -> Self {
        Self::invalid_value(format!(
            "Invalid character U+{:04X} in {name}",
            u32::from(character)
        ))
    }

    /// A parameter that this simulation does not know, refused by name and never ignored.
    pub fn not_simulated(action: &str, parameter: &str) -> Self {
        Self::new(
            "GroundSchool.NotSimulated",
            format!(
                "Ground School does not simulate the parameter '{parameter}' of {action}. Leave it out and try again"
            ),
        )
    }

    /// A region that this simulation does not have.
    pub fn unknown_region(region: &str) -> Self {
        Self::new(
            "GroundSchool.UnknownRegion",
            format!("Ground School has no region named '{region}'"),
        )
    }
}
