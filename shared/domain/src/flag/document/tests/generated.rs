//! Documents of every shape: with what was planned they say what was asked for and nothing else, and what is put back is
//! the text from before, to the byte.

use proptest::prelude::*;
use serde_json::Value;

use super::{Document, Edit, Wanted};

/// White space as people and programs write it.
fn space() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(String::new()),
        3 => Just(" ".to_owned()),
        2 => Just("\n    ".to_owned()),
        1 => Just("\r\n\t".to_owned()),
        1 => "[ \t\n]{0,4}",
    ]
}

/// A value as somebody may have written it.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("true".to_owned()),
        Just("1e3".to_owned()),
        Just("1.10".to_owned()),
        Just("-0.0".to_owned()),
        Just("123456789012345678901234567890".to_owned()),
        Just("1e999".to_owned()),
        Just(r#""\u00e4\n\ud83d\ude00""#.to_owned()),
        Just(r#""{\"enabled\": false, }""#.to_owned()),
        Just("[ 1 ,2,\n3.0 ]".to_owned()),
        Just(r#"["ä", "}"]"#.to_owned()),
        Just(r#"{"enabled": [{}]}"#.to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<String>().prop_map(|text| Value::from(text).to_string()),
    ]
}

/// A value that is asked for.
fn asked() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<String>().prop_filter("at most 1024", |text| text.chars().count() < 1024).prop_map(Value::from),
        proptest::collection::vec(any::<i8>(), 0..4).prop_map(Value::from),
    ]
}

/// Its attributes in their order, as far as they have a value.
type Attributes = Vec<Option<String>>;

/// Which flag, and what is wanted of it.
type Pick = (usize, Option<bool>, Vec<(usize, Value)>);

/// One flag: its entry's members, or its variants, and the white space of its own.
#[derive(Debug, Clone)]
struct Flag {
    enabled: Option<bool>,
    attributes: Attributes,
    variants: Vec<(bool, Option<Attributes>)>,
    is_deprecated: bool,
    spaces: Vec<String>,
}

const ATTRIBUTES: [&str; 3] = ["colour", "limit", "größe"];

fn flag() -> impl Strategy<Value = Flag> {
    let attributes = || proptest::collection::vec(proptest::option::of(value()), ATTRIBUTES.len());
    let variant = (any::<bool>(), proptest::option::of(attributes()));
    let variants = prop_oneof![3 => Just(Vec::new()), 1 => proptest::collection::vec(variant, 1..4)];
    let spaces = proptest::collection::vec(space(), 4);
    (proptest::option::of(any::<bool>()), attributes(), variants, any::<bool>(), spaces).prop_map(
        |(enabled, attributes, variants, is_deprecated, spaces)| Flag {
            enabled,
            attributes,
            variants,
            is_deprecated,
            spaces,
        },
    )
}

impl Flag {
    fn object(&self, members: &[String]) -> String {
        let [open, comma, close, _] = self.spaces.as_slice() else { return String::new() };
        if members.is_empty() {
            return "{}".to_owned();
        }
        format!("{{{open}{}{close}}}", members.join(&format!("{close},{comma}")))
    }

    fn member(&self, name: &str, value: &str) -> String {
        format!("{}{}:{}{value}", Value::from(name), self.spaces[0], self.spaces[3])
    }

    fn set(&self, attributes: &[Option<String>]) -> Vec<String> {
        let set = ATTRIBUTES.iter().zip(attributes);
        set.filter_map(|(name, value)| Some(self.member(name, value.as_ref()?))).collect()
    }

    fn definition(&self) -> String {
        let attributes: Vec<String> = ATTRIBUTES.iter().map(|name| self.member(name, "{}")).collect();
        let mut members = vec![self.member("attributes", &self.object(&attributes))];
        if self.is_deprecated {
            members.push(self.member("_deprecation", r#"{"status":"planned"}"#));
        }
        self.object(&members)
    }

    /// Its entry in `values`, where it has one that says anything.
    fn entry(&self) -> Option<String> {
        let variant = |(index, (enabled, attributes)): (usize, &(bool, Option<Attributes>))| {
            let name = Value::from(format!("v{index} ü")).to_string();
            let mut members = vec![self.member("name", &name), self.member("enabled", &enabled.to_string())];
            let set =
                attributes.as_ref().map(|attributes| self.set(attributes)).filter(|set| !set.is_empty());
            members.extend(set.map(|set| self.member("attributeValues", &self.object(&set))));
            self.object(&members)
        };
        let mut members = Vec::new();
        if self.variants.is_empty() {
            members.extend(self.enabled.map(|enabled| self.member("enabled", &enabled.to_string())));
            members.extend(self.set(&self.attributes));
        } else {
            let variants: Vec<String> = self.variants.iter().enumerate().map(variant).collect();
            members.push(
                self.member("_variants", &format!("[{}]", variants.join(&format!(",{}", self.spaces[1])))),
            );
        }
        (!members.is_empty()).then(|| self.object(&members))
    }
}

/// A document of these flags.
fn text(flags: &[Flag]) -> String {
    let Some(first) = flags.first() else { return "{\"flags\":{},\"values\":{}}".to_owned() };
    let named = |(index, text): (usize, String)| first.member(&format!("flag-{index}"), &text);
    let definitions: Vec<String> = flags.iter().map(Flag::definition).enumerate().map(named).collect();
    let entries: Vec<String> = flags
        .iter()
        .enumerate()
        .filter_map(|(index, flag)| Some((index, flag.entry()?)))
        .map(named)
        .collect();
    let flags = first.member("flags", &first.object(&definitions));
    let values = first.member("values", &first.object(&entries));
    first.object(&[first.member("version", "\"1\""), values, flags])
}

fn each_asked(flags: &[Flag], picks: &[Pick]) -> Vec<Wanted> {
    let mut all: Vec<Wanted> = Vec::new();
    for (pick, enabled, attributes) in picks {
        let Some(index) = pick.checked_rem(flags.len()) else { continue };
        let variants = flags[index].variants.len();
        let variant = pick.checked_rem(variants).map(|variant| format!("v{variant} ü"));
        let name =
            |(attribute, value): &(usize, Value)| (ATTRIBUTES[attribute % 3].to_owned(), value.clone());
        let attributes = attributes.iter().map(name).collect();
        let wanted = Wanted { flag: format!("flag-{index}"), variant, enabled: *enabled, attributes };
        if all.iter().all(|other| (&other.flag, &other.variant) != (&wanted.flag, &wanted.variant)) {
            all.push(wanted);
        }
    }
    all
}

/// The same change made on the parsed document.
fn expected(parsed: &mut Value, edits: &[Edit]) {
    for edit in edits {
        let after: Value = serde_json::from_str(edit.after.as_deref().expect("set")).expect("JSON");
        let entry = &mut parsed["values"][&edit.at.flag];
        match &edit.at.variant {
            None => entry[&edit.at.member] = after,
            Some(name) => {
                let variants = entry["_variants"].as_array_mut().expect("variants");
                let variant =
                    variants.iter_mut().find(|variant| variant["name"] == **name).expect("the variant");
                let holder =
                    if edit.at.member == "enabled" { variant } else { &mut variant["attributeValues"] };
                holder[&edit.at.member] = after;
            }
        }
    }
}

fn picks() -> impl Strategy<Value = Vec<Pick>> {
    let attributes = proptest::collection::vec((0..3_usize, asked()), 0..3);
    proptest::collection::vec((any::<usize>(), proptest::option::of(any::<bool>()), attributes), 0..6)
}

proptest! {
    #[test]
    fn what_was_planned_is_all_that_changes_and_goes_back_to_the_byte(
        flags in proptest::collection::vec(flag(), 0..8),
        picks in picks(),
    ) {
        let text = text(&flags);
        let document = Document::read(&text).expect(&text);
        let asked = each_asked(&flags, &picks);
        let edits = document.plan(&asked).expect("nothing against it");
        let changed = document.with(&edits);
        let after = Document::read(&changed).expect(&changed);
        prop_assert_eq!(after.plan(&asked), Ok(vec![]));
        for edit in &edits {
            prop_assert_eq!(document.value(&edit.at), edit.before.as_deref());
            prop_assert_eq!(after.value(&edit.at), edit.after.as_deref());
        }
        // Numbers beyond a double cannot be parsed; there the bytes below say the same.
        if let (Ok(mut before), Ok(now)) = (serde_json::from_str(&text), serde_json::from_str::<Value>(&changed)) {
            expected(&mut before, &edits);
            prop_assert_eq!(before, now);
        }
        let restored = after.restore(&edits);
        prop_assert_eq!(&restored.left, &[]);
        prop_assert_eq!(after.with(&restored.edits), text.clone());
        let mut backwards = restored.edits.clone();
        backwards.reverse();
        prop_assert_eq!(after.with(&backwards), text);
    }

    #[test]
    fn whatever_is_read_nothing_panics(text in any::<String>(), cut in any::<prop::sample::Index>(), put in any::<char>()) {
        let shop: String = super::SHOP.to_owned();
        let at = shop.char_indices().map(|(at, _)| at).nth(cut.index(shop.chars().count())).unwrap_or_default();
        let mut spoilt = shop.clone();
        spoilt.insert(at, put);
        for text in [text, shop[..at].to_owned(), spoilt] {
            let Ok(document) = Document::read(&text) else { continue };
            let asked = [super::on("new-basket"), super::on("free-shipping"), super::on("express-checkout")];
            let edits = document.plan(&asked).unwrap_or_default();
            document.restore(&edits);
            document.with(&edits);
        }
    }

    #[test]
    fn two_hundred_flags_change_one_by_one(one in 0..200_usize, flag in flag()) {
        let flags = vec![Flag { variants: vec![], enabled: Some(false), ..flag }; 200];
        let text = text(&flags);
        let document = Document::read(&text).expect("a document");
        let edits = document.plan(&[super::on(&format!("flag-{one}"))]).expect("nothing against it");
        prop_assert_eq!(edits.len(), 1);
        let changed = document.with(&edits);
        prop_assert_eq!(changed.len() + 1, text.len());
        let after = Document::read(&changed).expect("a document");
        prop_assert_eq!(after.with(&after.restore(&edits).edits), text);
    }
}
