//! One value of a text changed where it stands: replaced, put in as its neighbours are written, or taken out with its comma.

use std::ops::Range;

use super::text::{Object, quoted, space_before_end, span};

/// A piece of the text, and what comes in its place.
pub(super) type Splice = (Range<usize>, String);

/// How the members of an object are set out.
struct Style<'a> {
    /// Before the first name.
    first: &'a str,
    /// Between a comma and the next name.
    next: &'a str,
    /// Between a name and its value.
    colon: &'a str,
    /// Before the closing brace.
    close: &'a str,
    /// By how much what is within is indented further.
    unit: &'a str,
}

/// The text of a style that is made rather than found.
#[derive(Default)]
struct Made {
    first: String,
    close: String,
}

impl<'a> Style<'a> {
    fn of(object: &Object<'a>, unit: &'a str) -> Option<Self> {
        let (first, last) = (object.members.first()?, object.members.last()?);
        let before = |part: &str| space_before_end(&object.text[..span(object.text, part).start]);
        let colon = &object.text[span(object.text, last.key).end..span(object.text, last.value).start];
        let first = before(first.key);
        let is_alone = object.members.len() == 1;
        let next = if is_alone && first.is_empty() && colon.ends_with(' ') { " " } else { before(last.key) };
        let close = space_before_end(&object.text[..object.text.len() - 1]);
        Some(Self { first, next, colon, close, unit })
    }

    /// How an object that is a member of this one is set out, where there is none to look at.
    fn within(&self) -> Made {
        if self.next.contains('\n') {
            Made { first: format!("{}{}", self.next, self.unit), close: self.next.to_owned() }
        } else {
            Made { first: self.first.to_owned(), close: self.close.to_owned() }
        }
    }
}

impl Made {
    fn style<'a>(&'a self, colon: &'a str, unit: &'a str) -> Style<'a> {
        Style { first: &self.first, next: &self.first, colon, close: &self.close, unit }
    }
}

/// By how much one level of a document is indented.
pub(super) fn unit<'a>(top: &Object<'a>) -> &'a str {
    let style = Style::of(top, "");
    style.and_then(|style| style.first.rsplit_once('\n')).map_or("", |(_, unit)| unit)
}

/// Replaces a value.
pub(super) fn replaced(whole: &str, value: &str, by: &str) -> Splice {
    (span(whole, value), by.to_owned())
}

/// Takes a member out, with one comma.
pub(super) fn removed(whole: &str, object: &Object, name: &str) -> Option<Splice> {
    let at = object.members.iter().position(|member| member.name == name)?;
    let own = &object.members[at];
    let before = at.checked_sub(1).and_then(|index| object.members.get(index));
    let range = match (before, object.members.get(at + 1)) {
        (Some(before), _) => span(whole, before.value).end..span(whole, own.value).end,
        (None, Some(after)) => span(whole, own.key).start..span(whole, after.key).start,
        (None, None) => inside(whole, object),
    };
    Some((range, String::new()))
}

/// Puts a value into an object, at its end; the path names the objects that are to be made for it, and last the member.
pub(super) fn inserted(
    whole: &str,
    object: &Object,
    around: Option<&Object>,
    unit: &str,
    path: &[&str],
    value: &str,
) -> Splice {
    if let (Some(style), Some(last)) = (Style::of(object, unit), object.members.last()) {
        let end = span(whole, last.value).end;
        let like = object.last_object();
        return (end..end, format!(",{}{}", style.next, member(&style, like.as_ref(), path, value)));
    }
    let outer = around.and_then(|around| Style::of(around, unit));
    let made = outer.as_ref().map_or_else(Made::default, Style::within);
    let style = made.style(outer.as_ref().map_or(":", |outer| outer.colon), unit);
    let text = format!("{}{}{}", style.first, member(&style, None, path, value), style.close);
    (inside(whole, object), text)
}

/// A member as it is written in an object of this style; what is made within looks like another object there.
fn member(style: &Style, like: Option<&Object>, path: &[&str], value: &str) -> String {
    let Some((name, rest)) = path.split_first() else { return String::new() };
    let key = format!("{}{}", quoted(name), style.colon);
    if rest.is_empty() {
        return key + value;
    }
    let made = style.within();
    let own = like
        .and_then(|like| Style::of(like, style.unit))
        .unwrap_or_else(|| made.style(style.colon, style.unit));
    let deeper = like.and_then(Object::last_object);
    format!("{key}{{{}{}{}}}", own.first, member(&own, deeper.as_ref(), rest, value), own.close)
}

fn inside(whole: &str, object: &Object) -> Range<usize> {
    let Range { start, end } = span(whole, object.text);
    start + 1..end - 1
}
