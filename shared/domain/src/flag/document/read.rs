//! The parts of a document: what it defines, and what it sets.

use serde_json::value::RawValue;

use super::text::{Object, elements};

/// What was found in a document.
#[derive(Debug, Clone)]
pub(super) struct Parts<'a> {
    /// The document.
    pub top: Object<'a>,
    /// The object `values`.
    pub values: Option<Object<'a>>,
    /// The flags that it defines.
    pub definitions: Vec<Definition<'a>>,
    /// What it sets of them.
    pub entries: Vec<Entry<'a>>,
}

/// A flag as it is defined.
#[derive(Debug, Clone)]
pub(super) struct Definition<'a> {
    /// The flag's key.
    pub flag: String,
    /// Its attributes, and the constraints of each as written.
    pub attributes: Vec<(String, Option<&'a str>)>,
}

/// What is set of a flag.
#[derive(Debug, Clone)]
pub(super) struct Entry<'a> {
    /// The flag's key.
    pub flag: String,
    /// Its values.
    pub object: Object<'a>,
    /// Its variants, of a flag that has variants.
    pub variants: Option<Vec<Variant<'a>>>,
}

/// One variant of a flag.
#[derive(Debug, Clone)]
pub(super) struct Variant<'a> {
    /// Its name.
    pub name: String,
    /// The whole of it.
    pub object: Object<'a>,
    /// Its attributes.
    pub attributes: Option<Object<'a>>,
}

impl<'a> Parts<'a> {
    /// Reads all of it; an error names every place that is not as it should be.
    pub fn read(text: &'a str) -> Result<Self, String> {
        let whole: &RawValue =
            serde_json::from_str(text).map_err(|problem| format!("the document is no JSON: {problem}"))?;
        let top = Object::read(whole.get(), "the document")?;
        let mut faults = Vec::new();
        let flags = kept(top.object("flags", ""), &mut faults).flatten();
        let values = kept(top.object("values", ""), &mut faults).flatten();
        let mut definitions = Vec::new();
        for member in flags.iter().flat_map(|flags| &flags.members) {
            definitions.extend(kept(Definition::read(&member.name, member.value), &mut faults));
        }
        let mut entries = Vec::new();
        for member in values.iter().flat_map(|values| &values.members) {
            entries.extend(kept(Entry::read(&member.name, member.value), &mut faults));
        }
        if faults.is_empty() {
            Ok(Self { top, values, definitions, entries })
        } else {
            Err(faults.join("; "))
        }
    }

    /// The definition of a flag.
    pub fn definition(&self, flag: &str) -> Option<&Definition<'a>> {
        self.definitions.iter().find(|definition| definition.flag == flag)
    }

    /// What is set of a flag.
    pub fn entry(&self, flag: &str) -> Option<&Entry<'a>> {
        self.entries.iter().find(|entry| entry.flag == flag)
    }
}

impl<'a> Definition<'a> {
    fn read(flag: &str, text: &'a str) -> Result<Self, String> {
        let at = format!("flags.{flag}");
        let mut attributes = Vec::new();
        if let Some(object) = Object::read(text, &at)?.object("attributes", &format!("{at}."))? {
            for member in object.members {
                let at = format!("{at}.attributes.{}", member.name);
                let constraints =
                    Object::read(member.value, &at)?.object("constraints", &format!("{at}."))?;
                attributes.push((member.name, constraints.map(|constraints| constraints.text)));
            }
        }
        Ok(Self { flag: flag.to_owned(), attributes })
    }
}

impl<'a> Entry<'a> {
    fn read(flag: &str, text: &'a str) -> Result<Self, String> {
        let at = format!("values.{flag}");
        let object = Object::read(text, &at)?;
        let variants = match object.get("_variants") {
            Some(text) => Some(variants(text, &format!("{at}._variants"))?),
            None => None,
        };
        Ok(Self { flag: flag.to_owned(), object, variants })
    }
}

fn variants<'a>(text: &'a str, at: &str) -> Result<Vec<Variant<'a>>, String> {
    let mut variants: Vec<Variant<'a>> = Vec::new();
    for (index, text) in elements(text, at)?.into_iter().enumerate() {
        let at = format!("{at}[{index}]");
        let object = Object::read(text, &at)?;
        let name = object.get("name").ok_or_else(|| format!("{at} has no name"))?;
        let name: String = serde_json::from_str(name).map_err(|_| format!("{at}.name is no text: {name}"))?;
        if variants.iter().any(|other| other.name == name) {
            return Err(format!("{at}: a variant called {name} stands there already"));
        }
        let attributes = object.object("attributeValues", &format!("{at}."))?;
        variants.push(Variant { name, object, attributes });
    }
    Ok(variants)
}

fn kept<T>(read: Result<T, String>, faults: &mut Vec<String>) -> Option<T> {
    read.map_err(|fault| faults.push(fault)).ok()
}
