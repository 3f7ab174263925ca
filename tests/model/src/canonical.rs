//! Worlds that differ in nothing that makes a difference are one.

use std::collections::BTreeSet;

use crate::decide::{Doc, Id, Trigger, Version};
use crate::world::{Worker, World};

impl World {
    /// The same world, where only what makes a difference differs: revisions and versions are compared and never counted, and
    /// either worker may do what the other does.
    pub(crate) fn canonical(mut self) -> Self {
        let revisions = ranks(self.revisions().into_iter().map(|revision| *revision));
        for revision in self.revisions() {
            *revision = revisions[usize::from(*revision)];
        }
        for id in [0, 1] {
            let said = verdicts(&self.said[id]);
            let versions = ranks(self.versions(id).into_iter().map(|version| *version).chain(said));
            for version in self.versions(id) {
                *version = versions[usize::from(*version)];
            }
            let said = std::mem::take(&mut self.said[id]);
            self.said[id] = said.into_iter().map(|trigger| with_version(trigger, &versions)).collect();
        }
        self.workers.sort();
        self
    }

    fn revisions(&mut self) -> Vec<&mut Version> {
        let mut found = vec![&mut self.alias.revision];
        for doc in self.docs.iter_mut().flatten() {
            found.extend(revisions_of(doc));
        }
        for worker in &mut self.workers {
            match worker {
                Worker::Idle => {}
                Worker::Loaded { doc, .. } | Worker::Barred { doc, .. } => found.extend(revisions_of(doc)),
                Worker::Cleared { doc, wished: done, .. } => {
                    found.extend(revisions_of(doc));
                    found.push(&mut done.fence);
                }
                Worker::Acted { done, .. } => {
                    found.extend(Some(&mut done.fence).filter(|_| done.effect.is_write()));
                }
                Worker::Saw { doc, saw, .. } => {
                    found.extend(revisions_of(doc));
                    found.push(&mut saw.revision);
                }
            }
        }
        found
    }

    fn versions(&mut self, of: Id) -> Vec<&mut Version> {
        let mut found: Vec<&mut Version> = self.docs[of].iter_mut().flat_map(versions_of).collect();
        for worker in &mut self.workers {
            match worker {
                Worker::Loaded { id, doc, trigger, .. }
                | Worker::Barred { id, doc, trigger, .. }
                | Worker::Saw { id, doc, trigger, .. }
                    if *id == of =>
                {
                    found.extend(versions_of(doc));
                    found.extend(version_of(trigger));
                }
                Worker::Acted { id, done, trigger, .. } if *id == of => {
                    found.push(&mut done.by);
                    found.extend(version_of(trigger));
                }
                Worker::Cleared { id, doc, wished, trigger, .. } if *id == of => {
                    found.extend(versions_of(doc));
                    found.push(&mut wished.by);
                    found.extend(version_of(trigger));
                }
                Worker::Idle
                | Worker::Loaded { .. }
                | Worker::Cleared { .. }
                | Worker::Barred { .. }
                | Worker::Acted { .. }
                | Worker::Saw { .. } => {}
            }
        }
        found
    }
}

/// For each number up to the greatest its place among those that occur.
fn ranks(numbers: impl Iterator<Item = Version>) -> Vec<Version> {
    let occur: BTreeSet<Version> = numbers.collect();
    let greatest = occur.last().copied().unwrap_or_default();
    let place = |number| Version::try_from(occur.range(..number).count()).unwrap_or(Version::MAX);
    (0..=greatest).map(place).collect()
}

fn revisions_of(doc: &mut Doc) -> impl Iterator<Item = &mut Version> {
    let writes = doc.pending.iter_mut().filter(|pending| pending.effect.is_write());
    writes.map(|pending| &mut pending.fence).chain(doc.written_on.as_mut())
}

fn versions_of(doc: &mut Doc) -> impl Iterator<Item = &mut Version> {
    doc.pending.iter_mut().map(|pending| &mut pending.by).chain([&mut doc.version])
}

fn version_of(trigger: &mut Trigger) -> Option<&mut Version> {
    match trigger {
        Trigger::Pass(version) | Trigger::Harm(version) => Some(version),
        Trigger::Reconcile
        | Trigger::Abort
        | Trigger::Supersede
        | Trigger::Frozen { .. }
        | Trigger::Thawed => None,
    }
}

fn verdicts(said: &BTreeSet<Trigger>) -> Vec<Version> {
    said.iter().copied().filter_map(|mut trigger| version_of(&mut trigger).copied()).collect()
}

fn with_version(mut trigger: Trigger, versions: &[Version]) -> Trigger {
    if let Some(version) = version_of(&mut trigger) {
        *version = versions[usize::from(*version)];
    }
    trigger
}
