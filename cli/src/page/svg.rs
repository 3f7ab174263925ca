//! SVG and HTML as text: elements, attributes, escaping. It knows nothing of what is drawn.

use std::fmt::{Display, Write as _};

/// A text that stands in HTML or SVG as itself.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A number with at most one decimal: a tenth of a pixel is finer than anybody sees.
pub fn n(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A point of a drawing, in its own units: x to the right, y down.
pub type Point = (f64, f64);

/// A drawing that is being made.
#[derive(Debug, Default)]
pub struct Drawing(String);

impl Drawing {
    /// A straight line.
    pub fn line(&mut self, class: &str, (x1, y1): Point, (x2, y2): Point) {
        let (x1, y1, x2, y2) = (n(x1), n(y1), n(x2), n(y2));
        let _ = write!(self.0, r#"<line class="{class}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>"#);
    }

    /// A line through points, or an area where the style fills it. Nothing is drawn of fewer than two points.
    pub fn path(&mut self, class: &str, points: &[Point], closed: bool) {
        if points.len() < 2 {
            return;
        }
        let mut d = String::new();
        for (index, (x, y)) in points.iter().enumerate() {
            let _ = write!(d, "{}{} {}", if index == 0 { "M" } else { "L" }, n(*x), n(*y));
        }
        let end = if closed { "Z" } else { "" };
        let _ = write!(self.0, r#"<path class="{class}" d="{d}{end}"/>"#);
    }

    /// A text; `anchor` is `start`, `middle` or `end`.
    pub fn text(&mut self, class: &str, (x, y): Point, anchor: &str, text: impl Display) {
        let (x, y, text) = (n(x), n(y), escape(&text.to_string()));
        let _ =
            write!(self.0, r#"<text class="{class}" x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>"#);
    }

    /// What colours stand for, in one line that ends at a point: a class for the colour, and words.
    pub fn keys(&mut self, (x, y): Point, keys: &[(&str, String)]) {
        if keys.is_empty() {
            return;
        }
        let _ = write!(self.0, r#"<text class="key" x="{}" y="{}" text-anchor="end">"#, n(x), n(y));
        for (index, (class, words)) in keys.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\u{2003}" };
            let sign = if *class == "margin" { "╌" } else { "■" };
            let _ = write!(self.0, r#"{gap}<tspan class="{class}-key">{sign}</tspan> {}"#, escape(words));
        }
        self.0.push_str("</text>");
    }

    /// A disc.
    pub fn disc(&mut self, class: &str, (x, y): Point, radius: f64) {
        let (x, y, r) = (n(x), n(y), n(radius));
        let _ = write!(self.0, r#"<circle class="{class}" cx="{x}" cy="{y}" r="{r}"/>"#);
    }

    /// Draws with a name that a pointer resting on it shows.
    pub fn titled(&mut self, title: &str, draw: impl FnOnce(&mut Self)) {
        let _ = write!(self.0, "<g><title>{}</title>", escape(title));
        draw(self);
        self.0.push_str("</g>");
    }

    /// The whole picture, with a title and a description for those who do not see it. `id` is unique on the page.
    pub fn finish(self, id: &str, width: f64, height: f64, title: &str, description: &str) -> String {
        let (width, height) = (n(width), n(height));
        format!(
            r#"<svg viewBox="0 0 {width} {height}" role="img" aria-labelledby="{id}-t {id}-d"><title id="{id}-t">{}</title><desc id="{id}-d">{}</desc>{}</svg>"#,
            escape(title),
            escape(description),
            self.0
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_caller_states_cannot_leave_its_place() {
        let mut drawing = Drawing::default();
        drawing.text("a", (1.0, 2.25), "start", "</text><script>alert('x')</script> & \"");
        assert_eq!(
            drawing.0,
            "<text class=\"a\" x=\"1\" y=\"2.2\" text-anchor=\"start\">&lt;/text&gt;&lt;script&gt;alert(&#39;x&#39;)\
             &lt;/script&gt; &amp; &quot;</text>"
        );
    }
}
