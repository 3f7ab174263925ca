//! Settings from the environment: the only place that reads it. (Whether colour is shown, `NO_COLOR` and its like included, is
//! anstream's business.)

/// Who types: the name that the operating system has for them.
pub fn user() -> Option<String> {
    ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(variable)
}

/// The name of the installation's stack.
#[cfg(feature = "aws")]
pub fn stack() -> Option<String> {
    variable("TIDEGATE_STACK")
}

/// The name of the installation's bus.
#[cfg(feature = "aws")]
pub fn bus() -> Option<String> {
    variable(tidegate_aws::config::BUS)
}

/// The name of the installation's table.
#[cfg(feature = "aws")]
pub fn table() -> Option<String> {
    variable(tidegate_aws::config::TABLE)
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}
