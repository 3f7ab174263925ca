//! `tidegate flag`.

use clap::{Args, Subcommand};
use serde_json::Value;
use tidegate_domain::flag::Profile;
use tidegate_domain::flag::toggle::ToggleId;

/// `tidegate flag`.
#[derive(Debug, Subcommand)]
pub enum Flag {
    /// Lists the flags of a profile as they are in force, and what waits or is under way there.
    List(FlagPlace),
    /// Shows a flag whole, and what Tidegate does to flags of its profile; or a toggle.
    Get(FlagGet),
    /// Shows what a policy's rollout, or a toggle, would change in the documents.
    Diff(FlagDiff),
    /// Turns a flag, or one of its variants, on.
    On(Switch),
    /// Turns a flag off: all of its variants, or one.
    Off(Switch),
    /// Sets attributes, and leaves on or off as it is.
    Set(Switch),
}

/// Whose flags: a configuration profile as it is deployed to one environment.
#[derive(Debug, Clone, Args)]
pub struct FlagPlace {
    /// The AppConfig application, by name or id.
    #[arg(long, value_name = "NAME")]
    pub application: String,
    /// The AppConfig environment, by name or id.
    #[arg(long, value_name = "NAME")]
    pub environment: String,
    /// The AppConfig configuration profile, by name or id.
    #[arg(long, value_name = "NAME")]
    pub profile: String,
}

impl From<&FlagPlace> for Profile {
    fn from(place: &FlagPlace) -> Self {
        let FlagPlace { application, environment, profile } = place.clone();
        Self { application, environment, profile }
    }
}

/// `tidegate flag get`.
#[derive(Debug, Args)]
pub struct FlagGet {
    /// The flag's key.
    #[arg(value_name = "FLAG", required_unless_present = "toggle")]
    pub flag: Option<String>,
    /// Whose flag.
    #[command(flatten)]
    pub place: Option<FlagPlace>,
    /// The toggle of this name, whatever its profile.
    #[arg(
        long,
        value_name = "ID",
        value_parser = toggle_id,
        conflicts_with_all = ["flag", "application", "environment", "profile"]
    )]
    pub toggle: Option<ToggleId>,
}

/// `tidegate flag diff`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true).args(["policy", "on", "off", "set"]))]
pub struct FlagDiff {
    /// The flag's key.
    #[arg(value_name = "FLAG", required_unless_present = "policy")]
    pub flag: Option<String>,
    /// Whose flag.
    #[command(flatten)]
    pub place: Option<FlagPlace>,
    /// All flags of a policy: a file, or the name of a stored policy.
    #[arg(
        long,
        value_name = "FILE|NAME",
        conflicts_with_all = ["flag", "on", "off", "set", "variant", "ship_pending", "application", "environment", "profile"]
    )]
    pub policy: Option<String>,
    /// Turned on.
    #[arg(long, conflicts_with = "off")]
    pub on: bool,
    /// Turned off.
    #[arg(long)]
    pub off: bool,
    /// With this attribute, several times for several; the value is JSON, or a text as it is.
    #[arg(long, value_name = "NAME=VALUE", value_parser = attribute)]
    pub set: Vec<(String, Value)>,
    /// The variant, of a flag that has variants.
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// In the newest version, which somebody wrote and never deployed.
    #[arg(long)]
    pub ship_pending: bool,
}

/// `tidegate flag on`, `off` and `set`.
#[derive(Debug, Args)]
pub struct Switch {
    /// The flag's key.
    #[arg(value_name = "FLAG")]
    pub flag: String,
    /// Attributes to set; a value is JSON, or a text as it is: limit=5, colour=blue, code='"5"', steps='[1,2]'.
    #[arg(value_name = "NAME=VALUE", value_parser = attribute)]
    pub attributes: Vec<(String, Value)>,
    /// Whose flag.
    #[command(flatten)]
    pub place: FlagPlace,
    /// The variant, of a flag that has variants.
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Why, for the log and for on-call.
    #[arg(long, value_name = "TEXT")]
    pub why: Option<String>,
    /// The AppConfig deployment strategy, by name or id; allAtOnce and linear are AppConfig's own [default: at once].
    #[arg(long, value_name = "NAME")]
    pub strategy: Option<String>,
    /// Ships a newest version along that somebody wrote and never deployed.
    #[arg(long)]
    pub ship_pending: bool,
    /// Stops somebody else's deployment in the environment for it.
    #[arg(long)]
    pub preempt: bool,
    /// The toggle's name [default: made from flag and time]. The same name again is the same toggle.
    #[arg(long, value_name = "NAME", value_parser = toggle_id)]
    pub id: Option<ToggleId>,
    /// Waits until it is over, and says what happens on the way.
    #[arg(long)]
    pub wait: bool,
}

fn toggle_id(text: &str) -> Result<ToggleId, String> {
    super::word(text, "a toggle, like new-basket-off-20261120-120000").map(ToggleId)
}

/// `limit=5`, `colour=blue`: what is JSON of a kind that an attribute can be is taken as that, anything else as a text.
fn attribute(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| format!("{text:?} sets nothing; write it like limit=5"))?;
    let value = match serde_json::from_str::<Value>(value) {
        Ok(json @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_))) => json,
        Ok(Value::Null | Value::Object(_)) | Err(_) => Value::String(value.to_owned()),
    };
    Ok((name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_attribute_is_json_or_a_text() {
        let rows = [
            ("limit=5", json!(5)),
            ("limit=1e3", json!(1000.0)),
            ("beta=true", json!(true)),
            ("colour=blue", json!("blue")),
            ("code=\"5\"", json!("5")),
            ("note=a=b", json!("a=b")),
            ("note=", json!("")),
            ("note=null", json!("null")),
            ("countries=[\"DE\"]", json!(["DE"])),
        ];
        for (text, value) in rows {
            assert_eq!(attribute(text).map(|(_, value)| value), Ok(value), "{text}");
        }
        for text in ["limit", "=5", ""] {
            assert!(attribute(text).is_err(), "{text}");
        }
    }
}
