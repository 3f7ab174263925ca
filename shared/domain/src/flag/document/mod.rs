//! A document of type `AWS.AppConfig.FeatureFlags`: what it says of a flag, and the same text with single values changed.
//!
//! It is never written anew. A value is changed where it stands in the text, so that order, white space and the way in which
//! everything else is written stay as they are.

mod constraint;
mod plan;
mod read;
mod restore;
mod splice;
#[cfg(test)]
mod tests;
mod text;

use read::{Entry, Parts, Variant};
use splice::Splice;
use text::{Object, is_same};

use super::{Edit, Spot, Wanted};

/// The member that says whether a flag, or a variant, is on.
const ENABLED: &str = "enabled";
/// The member of a variant that holds its attributes.
const ATTRIBUTE_VALUES: &str = "attributeValues";

/// A document that was read. What is not changed keeps its place, its order and the way it is written.
#[derive(Debug, Clone)]
pub struct Document<'a> {
    text: &'a str,
    parts: Parts<'a>,
}

/// What becomes of values that are to be put back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restored {
    /// The values to put back.
    pub edits: Vec<Edit>,
    /// The values that somebody has changed since: they stay as they are.
    pub left: Vec<Spot>,
}

impl<'a> Document<'a> {
    /// Reads a document.
    pub fn read(text: &'a str) -> Result<Self, String> {
        Ok(Self { text, parts: Parts::read(text)? })
    }

    /// What has to change for what is wanted; nothing where it is so already. Every flag and attribute that is not there, or that
    /// would break its constraints, is named.
    pub fn plan(&self, wanted: &[Wanted]) -> Result<Vec<Edit>, Vec<String>> {
        plan::plan(self, wanted)
    }

    /// What has to change to take these edits back, newest last: only values that are still as the edits left them.
    pub fn restore(&self, edits: &[Edit]) -> Restored {
        restore::restore(self, edits)
    }

    /// The text of a value; `None` where there is none.
    pub fn value(&self, at: &Spot) -> Option<&'a str> {
        match self.place(at)? {
            Place::InFlag(entry) => entry?.object.get(&at.member),
            Place::InVariant(variant) if at.member == ENABLED => variant.object.get(ENABLED),
            Place::InVariant(variant) => variant.attributes.as_ref()?.get(&at.member),
        }
    }

    /// The same text with these values changed, one after the other. An edit that has no place in it changes nothing.
    ///
    /// An object that had to be made for a value goes again with it: a flag's entry in `values`, and `attributeValues`.
    pub fn with(&self, edits: &[Edit]) -> String {
        let mut text = self.text.to_owned();
        for edit in edits {
            let splice = Document::read(&text).ok().and_then(|document| document.splice(edit));
            if let Some((range, by)) = splice {
                text.replace_range(range, &by);
            }
        }
        text
    }

    /// Where a value stands, or would; `None` where the document knows no such flag or variant.
    fn place(&self, at: &Spot) -> Option<Place<'_, 'a>> {
        if at.member.starts_with('_') || self.parts.definition(&at.flag).is_none() {
            return None;
        }
        let entry = self.parts.entry(&at.flag);
        match (&at.variant, entry.and_then(|entry| entry.variants.as_ref())) {
            (None, None) => Some(Place::InFlag(entry)),
            (Some(name), Some(variants)) => {
                variants.iter().find(|variant| variant.name == *name).map(Place::InVariant)
            }
            (None, Some(_)) | (Some(_), None) => None,
        }
    }

    fn splice(&self, edit: &Edit) -> Option<Splice> {
        let place = self.place(&edit.at)?;
        match (self.value(&edit.at), edit.after.as_deref().map(str::trim)) {
            (Some(value), Some(after)) => is_json(after).then(|| splice::replaced(self.text, value, after)),
            (Some(_), None) => self.removal(place, &edit.at),
            (None, Some(after)) if is_json(after) => Some(self.insertion(place, &edit.at, after)),
            (None, Some(_) | None) => None,
        }
    }

    fn removal(&self, place: Place<'_, 'a>, at: &Spot) -> Option<Splice> {
        let (object, around, name): (&Object, Option<&Object>, &str) = match place {
            Place::InFlag(entry) => (&entry?.object, self.parts.values.as_ref(), &at.flag),
            Place::InVariant(variant) if at.member == ENABLED => (&variant.object, None, ENABLED),
            Place::InVariant(variant) => {
                (variant.attributes.as_ref()?, Some(&variant.object), ATTRIBUTE_VALUES)
            }
        };
        match around {
            Some(around) if object.members.len() == 1 => splice::removed(self.text, around, name),
            Some(_) | None => splice::removed(self.text, object, &at.member),
        }
    }

    fn insertion(&self, place: Place<'_, 'a>, at: &Spot, value: &str) -> Splice {
        let Parts { top, values, .. } = &self.parts;
        let member = at.member.as_str();
        let (object, around, path): (&Object, Option<&Object>, Vec<&str>) = match (place, values) {
            (Place::InFlag(Some(entry)), values) => (&entry.object, values.as_ref(), vec![member]),
            (Place::InFlag(None), Some(values)) => (values, Some(top), vec![&at.flag, member]),
            (Place::InFlag(None), None) => (top, None, vec!["values", &at.flag, member]),
            (Place::InVariant(variant), _) if member == ENABLED => (&variant.object, None, vec![member]),
            (Place::InVariant(variant), _) => match &variant.attributes {
                Some(attributes) => (attributes, Some(&variant.object), vec![member]),
                None => (&variant.object, None, vec![ATTRIBUTE_VALUES, member]),
            },
        };
        splice::inserted(self.text, object, around, splice::unit(top), &path, value)
    }
}

/// Where a value stands.
#[derive(Clone, Copy)]
enum Place<'d, 'a> {
    /// In the entry of a flag without variants; `None` where there is no entry yet.
    InFlag(Option<&'d Entry<'a>>),
    /// In a variant.
    InVariant(&'d Variant<'a>),
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Whether two values of a spot mean the same. What does not say that it is on is off.
fn means_the_same(at: &Spot, one: Option<&str>, other: Option<&str>) -> bool {
    let meant = |value: Option<&'_ str>| match value {
        None if at.member == ENABLED => Some("false".to_owned()),
        value => value.map(str::to_owned),
    };
    match (meant(one), meant(other)) {
        (Some(one), Some(other)) => is_same(&one, &other),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}
