//! From a request or a version event to what a rollout starts from.

use tidegate_domain::admit::Asked;
use tidegate_domain::deployment::Mover;
use tidegate_domain::foreign::LONGEST_NAME;
use tidegate_domain::policy::{Mode, Policy};
use tidegate_domain::rollout::{Request, RolloutId};
use tidegate_domain::target::{Target, Version, kinds};
use tidegate_engine::Answer;
use tidegate_engine::ports::{Fault, FaultKind, Tagged};
use tidegate_wire::aws::VersionPublished;
use tidegate_wire::bus::{PolicyRef, RolloutRequested};

use crate::TrafficShift;

/// The alias that carries the traffic where neither tag nor policy names one.
const DEFAULT_ALIAS: &str = "live";

/// The longest name of a rollout: function and alias of the longest names, a version and a retry.
const LONGEST_ID: usize = 256;

impl TrafficShift {
    /// What somebody asked for; every fault at once where it cannot be acted upon.
    pub(crate) async fn asked_by_request(
        &self,
        asked: RolloutRequested,
    ) -> Result<Result<Asked, String>, Fault> {
        let policy = match &asked.policy {
            PolicyRef::Name(name) => self.stored_policy(name).await?,
            PolicyRef::Inline(value) => {
                Policy::from_json(value).map_err(|faults| format!("detail.policy: {faults}"))
            }
        };
        let RolloutRequested { id, target, version, policy: _, by, fix_forward } = asked;
        let policy = match policy {
            Ok(policy) => policy,
            Err(problem) => return Ok(Err(problem)),
        };
        let Some(target) = target.or_else(|| policy.target.clone()) else {
            return Ok(Err(
                "detail.target is missing and the policy names none; like {\"lambda\": {\"function\": \
                           \"checkout\", \"alias\": \"live\"}}"
                    .to_owned(),
            ));
        };
        let named = id.clone().unwrap_or_else(|| RolloutId::of_version(&target, &Version("1".to_owned())));
        let faults = faults(&target, &version, &named);
        if !faults.is_empty() {
            return Ok(Err(faults.join("\n")));
        }
        let (target, mover, candidate) = match self.resolved(target, version).await? {
            Ok(resolved) => resolved,
            Err(problem) => return Ok(Err(problem)),
        };
        let id = id.unwrap_or_else(|| RolloutId::of_version(&target, &candidate));
        let request = Request { by, fix_forward, ..Request::default() };
        Ok(Ok(Asked { id, target, mover, stable: None, candidate, policy, request }))
    }

    /// What a new version of a tagged function asks for by itself, or why it asks for nothing.
    pub(crate) async fn asked_by_version(
        &self,
        event: &VersionPublished,
    ) -> Result<Result<Asked, Answer>, Fault> {
        let function = &event.function;
        let Some(Tagged { policy, alias }) = self.functions.tagged(function).await? else {
            return Ok(Err(Answer::Ignored(format!("{function} is not tagged tidegate:policy"))));
        };
        let policy = match self.stored_policy(&policy).await? {
            Ok(policy) => policy,
            Err(problem) => {
                return Ok(Err(Answer::Unreadable(format!(
                    "the tag tidegate:policy of {function}: {problem}"
                ))));
            }
        };
        if policy.mode == Mode::Guard {
            let why = format!("policy {} guards; version events start nothing in guard mode", policy.name);
            return Ok(Err(Answer::Ignored(why)));
        }
        let of_policy = policy.target.as_ref().map(|target| target.setting("alias").to_owned());
        let alias = alias.or(of_policy).unwrap_or_else(|| DEFAULT_ALIAS.to_owned());
        let target = Target::lambda(function, alias);
        let candidate = self.version_of(event).await?;
        let id = RolloutId::of_version(&target, &candidate);
        let request = Request { by: event.by.clone(), automatic: true, ..Request::default() };
        Ok(Ok(Asked { id, target, mover: Mover::Tidegate, stable: None, candidate, policy, request }))
    }

    async fn version_of(&self, event: &VersionPublished) -> Result<Version, Fault> {
        if let Some(version) = &event.version {
            return Ok(Version(version.clone()));
        }
        let code = event.code_sha256.as_deref().unwrap_or_default();
        let found = self.functions.version_with_code(&event.function, code).await?;
        found.ok_or_else(|| {
            let what = format!("the version of {} with code {code}", event.function);
            Fault::new(what, FaultKind::Passing("it is not listed yet".to_owned()))
        })
    }

    pub(crate) async fn stored_policy(&self, name: &str) -> Result<Result<Policy, String>, Fault> {
        if name.len() > LONGEST_NAME {
            return Ok(Err(format!("detail.policy: a name of {} bytes; at most {LONGEST_NAME}", name.len())));
        }
        Ok(match self.store.policy(name).await? {
            None => Err(format!("no policy is called {name:?}; store it with: tidegate policy apply FILE")),
            Some(record) => record.policy().map_err(|faults| format!("policy {name}: {faults}")),
        })
    }
}

/// Everything that is wrong with what a request names.
fn faults(target: &Target, version: &Version, id: &RolloutId) -> Vec<String> {
    let of_target = kinds::faults(target).into_iter().map(|(path, problem)| match path.as_str() {
        "" => format!("detail.target: {problem}"),
        path => format!("detail.target.{path}: {problem}"),
    });
    let of_version = kinds::find(target.kind()).and_then(|kind| (kind.check_version)(&version.0).err());
    let of_version = of_version.map(|problem| format!("detail.version: {problem}"));
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let of_id = (!(1..=LONGEST_ID).contains(&id.0.len()) || !id.0.chars().all(fits)).then(|| {
        format!(
            "detail.id: {:?} is no name for a rollout; 1 to {LONGEST_ID} of a-z, A-Z, 0-9, -, _ and .",
            id.0
        )
    });
    of_target.chain(of_version).chain(of_id).collect()
}
