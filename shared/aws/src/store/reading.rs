//! Reading the table: single items strongly consistent, ranges page by page, and what stands in an attribute.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use tidegate_engine::ports::Fault;
use tidegate_wire::document::{self, Document};
use tracing::warn;

use super::Table;
use super::keys::{INDEX, Item, Key, text};
use crate::faults::{fault, unreadable};

impl Table {
    /// One item as it stands now.
    pub(super) async fn get(&self, key: Key) -> Result<Option<Item>, Fault> {
        let what = format!("GetItem {} {}", key.pk, key.sk);
        let call = self.sdk.dynamodb().get_item().table_name(&self.name).set_key(Some(key.item()));
        let answer = call.consistent_read(true).send().await.map_err(|error| fault(what, error))?;
        Ok(answer.item)
    }

    /// Every item of a partition whose sort key begins like this, in the order of the sort keys.
    pub(super) async fn beginning_with(&self, pk: &str, prefix: &str) -> Result<Vec<Item>, Fault> {
        let query = self.query(pk).key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)");
        let query = query
            .expression_attribute_names("#sk", "sk")
            .expression_attribute_values(":prefix", text(prefix));
        pages(&format!("Query {pk} {prefix}"), query, None).await
    }

    /// The items of a partition, in the order of the sort keys or against it.
    pub(super) async fn partition(
        &self,
        pk: &str,
        forward: bool,
        limit: Option<usize>,
    ) -> Result<Vec<Item>, Fault> {
        let query = self.query(pk).key_condition_expression("#pk = :pk").scan_index_forward(forward);
        pages(&format!("Query {pk}"), query, limit).await
    }

    /// What stands on a shelf of the index, by time. The index may be a little behind the table.
    pub(super) async fn shelf(
        &self,
        name: &str,
        forward: bool,
        limit: Option<usize>,
    ) -> Result<Vec<Item>, Fault> {
        let query = self.sdk.dynamodb().query().table_name(&self.name).index_name(INDEX);
        let query = query.key_condition_expression("#shelf = :shelf").scan_index_forward(forward);
        let query = query.expression_attribute_names("#shelf", "shelf");
        pages(
            &format!("Query {INDEX} {name}"),
            query.expression_attribute_values(":shelf", text(name)),
            limit,
        )
        .await
    }

    fn query(&self, pk: &str) -> QueryFluentBuilder {
        let query = self.sdk.dynamodb().query().table_name(&self.name).consistent_read(true);
        query.expression_attribute_names("#pk", "pk").expression_attribute_values(":pk", text(pk))
    }
}

/// All items that a query finds, or the first so many.
async fn pages(what: &str, query: QueryFluentBuilder, limit: Option<usize>) -> Result<Vec<Item>, Fault> {
    let mut items: Vec<Item> = Vec::new();
    let mut next = None;
    loop {
        let left = limit.map(|limit| limit - items.len());
        if left == Some(0) {
            return Ok(items);
        }
        let call = query.clone().set_exclusive_start_key(next);
        let call = call.set_limit(left.map(|left| i32::try_from(left).unwrap_or(i32::MAX)));
        let page = call.send().await.map_err(|error| fault(what, error))?;
        items.extend(page.items.unwrap_or_default());
        next = page.last_evaluated_key.filter(|key| !key.is_empty());
        if next.is_none() {
            return Ok(items);
        }
    }
}

/// A text attribute.
pub(super) fn field<'a>(what: &str, item: &'a Item, name: &str) -> Result<&'a str, Fault> {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value
        .map(String::as_str)
        .ok_or_else(|| unreadable(what, format!("attribute {name} is missing or no text")))
}

/// Says that an item is passed over because only another release knows what it is: those that are known are looked at all the same.
pub(super) fn pass_over(what: &str, item: &Item) {
    let pk = item.get("pk").and_then(|pk| pk.as_s().ok()).map_or("", String::as_str);
    warn!("{what}: {pk:?} is of no kind that this release knows here, it is passed over");
}

/// JSON in a text attribute.
pub(super) fn json_in<T: DeserializeOwned>(what: &str, item: &Item, name: &str) -> Result<T, Fault> {
    json(what, name, field(what, item, name)?)
}

/// JSON in an attribute's value.
pub(super) fn json_of<T: DeserializeOwned>(
    what: &str,
    name: &str,
    value: &AttributeValue,
) -> Result<T, Fault> {
    let text = value.as_s().map_err(|_| unreadable(what, format!("attribute {name} is no text")))?;
    json(what, name, text)
}

fn json<T: DeserializeOwned>(what: &str, name: &str, text: &str) -> Result<T, Fault> {
    serde_json::from_str(text)
        .map_err(|error| unreadable(what, format!("attribute {name}: {error}")).because(error))
}

/// A document in a text attribute.
pub(super) fn document_in<D: Document>(what: &str, item: &Item, name: &str) -> Result<D, Fault> {
    document::decode(field(what, item, name)?).map_err(|error| Fault::undecodable(what, error))
}

/// A document as it is stored.
pub(super) fn to_document(what: &str, document: &impl Document) -> Result<AttributeValue, Fault> {
    let encoded = document::encode(document);
    encoded.map(text).map_err(|error| unreadable(what, error.to_string()).because(error))
}

/// A time in a text attribute.
pub(super) fn timestamp_in(what: &str, item: &Item, name: &str) -> Result<Timestamp, Fault> {
    let text = field(what, item, name)?;
    text.parse()
        .map_err(|error: jiff::Error| unreadable(what, format!("attribute {name}: {error}")).because(error))
}

/// What is stored as JSON. Everything that is stored can be written, so only a fault of ours can lead to an error.
pub(super) fn to_json(what: &str, value: &impl serde::Serialize) -> Result<AttributeValue, Fault> {
    serde_json::to_string(value).map(text).map_err(|error| unreadable(what, error.to_string()).because(error))
}
