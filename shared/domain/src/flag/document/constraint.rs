//! The constraints that a document puts on an attribute, as far as they can be checked before AppConfig does.

use regex_lite::Regex;
use serde::Deserialize;
use serde_json::Value;

/// The longest text that AppConfig takes, in characters.
const LONGEST: usize = 1024;

/// What is asked of an attribute. Whatever is not written as AppConfig knows it is left to AppConfig.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Constraints {
    #[serde(rename = "type")]
    kind: Value,
    required: Value,
    pattern: Value,
    #[serde(rename = "enum")]
    one_of: Value,
    minimum: Value,
    maximum: Value,
    elements: Value,
}

impl Constraints {
    /// Reads them as written.
    pub fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// Whether a flag that is on needs the attribute.
    pub fn is_required(&self) -> bool {
        self.required == Value::Bool(true)
    }

    /// What is wrong with a value.
    pub fn faults(&self, value: &Value) -> Vec<String> {
        let kind = self.kind.as_str().unwrap_or_default();
        let expected = match (kind, value) {
            ("string", Value::String(_))
            | ("number", Value::Number(_))
            | ("boolean", Value::Bool(_))
            | ("array", Value::Array(_)) => None,
            ("string", _) => Some("a text"),
            ("number", _) => Some("a number"),
            ("boolean", _) => Some("true or false"),
            ("array", _) => Some("a list"),
            (_, Value::Null | Value::Object(_)) => Some("a text, a number, true or false, or a list"),
            (_, Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => None,
        };
        if let Some(expected) = expected {
            return vec![format!("is not {expected}")];
        }
        match value {
            Value::String(text) => self.text_faults(text, value),
            Value::Number(number) => self.number_faults(number.as_f64()),
            Value::Array(elements) => self.element_faults(elements),
            Value::Null | Value::Bool(_) | Value::Object(_) => Vec::new(),
        }
    }

    fn text_faults(&self, text: &str, value: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        let length = text.chars().count();
        if length > LONGEST {
            faults.push(format!("has {length} characters, more than {LONGEST}"));
        }
        // A pattern that is no pattern to this reader is left to AppConfig.
        if let Some((pattern, regex)) = self.pattern.as_str().and_then(|p| Some((p, Regex::new(p).ok()?)))
            && !regex.is_match(text)
        {
            faults.push(format!("does not match its pattern {pattern}"));
        }
        if let Value::Array(known) = &self.one_of
            && !known.contains(value)
        {
            let known: Vec<String> = known.iter().map(Value::to_string).collect();
            faults.push(format!("is none of its enum: {}", known.join(", ")));
        }
        faults
    }

    fn number_faults(&self, number: Option<f64>) -> Vec<String> {
        let Some(number) = number else { return Vec::new() };
        let minimum = self.minimum.as_f64().filter(|minimum| number < *minimum);
        let maximum = self.maximum.as_f64().filter(|maximum| number > *maximum);
        let below = minimum.map(|_| format!("is below its minimum ({})", self.minimum));
        let above = maximum.map(|_| format!("is above its maximum ({})", self.maximum));
        below.into_iter().chain(above).collect()
    }

    fn element_faults(&self, elements: &[Value]) -> Vec<String> {
        let own: Self = serde_json::from_value(self.elements.clone()).unwrap_or_default();
        let fault = |(index, element): (usize, &Value)| {
            let nested = matches!(element, Value::Array(_) | Value::Bool(_));
            let faults =
                if nested { vec!["is neither a text nor a number".to_owned()] } else { own.faults(element) };
            faults.into_iter().map(move |fault| format!("[{index}] {fault}")).collect::<Vec<_>>()
        };
        let mut faults: Vec<String> = elements.iter().enumerate().flat_map(fault).collect();
        if elements.iter().any(Value::is_string) && elements.iter().any(Value::is_number) {
            faults.push("mixes texts and numbers".to_owned());
        }
        faults
    }
}
