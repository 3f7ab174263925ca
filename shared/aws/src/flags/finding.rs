//! Names to ids. AppConfig's own calls take ids; people write names, or ids where a name is not the only one of its kind.

use tidegate_domain::flag::Profile;
use tidegate_engine::ports::{Fault, FaultKind, FlagPlace};

use super::{AppConfig, PAGE};
use crate::faults::fault;

/// What AppConfig's own strategies are called, which are their ids too.
const PREDEFINED: &str = "AppConfig.";

/// The one type of profile that holds flags.
const OF_FLAGS: &str = "AWS.AppConfig.FeatureFlags";

/// The location of what AppConfig keeps itself.
const HOSTED: &str = "hosted";

/// So many names are told where none is the one that was meant.
const TOLD: usize = 20;

/// One of several that may have been meant.
struct Candidate {
    id: String,
    name: String,
    /// Why it is of no use, where it is of none.
    unfit: Option<String>,
}

impl Candidate {
    fn new(id: Option<String>, name: Option<String>) -> Self {
        Self { id: id.unwrap_or_default(), name: name.unwrap_or_default(), unfit: None }
    }
}

/// The pages of a list as candidates.
macro_rules! listed {
    ($what:expr, $call:expr, $candidate:expr) => {{
        let mut pages = $call.into_paginator().page_size(PAGE).send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| fault($what, error))?;
            found.extend(page.items.unwrap_or_default().into_iter().map($candidate));
        }
        found
    }};
}

impl AppConfig {
    pub(super) async fn place(&self, profile: &Profile) -> Result<FlagPlace, Fault> {
        if let Some(place) = self.memory.place(profile) {
            return Ok(place);
        }
        let application = one("application", &profile.application, self.applications().await?)?.id;
        let (environments, profiles) =
            tokio::try_join!(self.environments(&application), self.profiles(&application))?;
        let environment = one("environment", &profile.environment, environments)?.id;
        let Candidate { id, name, .. } = one("configuration profile", &profile.profile, profiles)?;
        let place = FlagPlace { application, environment, profile: id };
        self.memory.keep_place(profile, &place, name);
        Ok(place)
    }

    /// The id of a strategy that is named by name or id.
    pub(super) async fn strategy(&self, wanted: &str) -> Result<String, Fault> {
        if wanted.starts_with(PREDEFINED) {
            return Ok(wanted.to_owned());
        }
        if let Some(id) = self.memory.strategy(wanted) {
            return Ok(id);
        }
        let call = self.sdk.appconfig().list_deployment_strategies();
        let strategies = listed!("ListDeploymentStrategies", call, |s| Candidate::new(s.id, s.name));
        let id = one("deployment strategy", wanted, strategies)?.id;
        self.memory.keep_strategy(wanted, id.clone());
        Ok(id)
    }

    async fn applications(&self) -> Result<Vec<Candidate>, Fault> {
        let call = self.sdk.appconfig().list_applications();
        Ok(listed!("ListApplications", call, |a| Candidate::new(a.id, a.name)))
    }

    async fn environments(&self, application: &str) -> Result<Vec<Candidate>, Fault> {
        let call = self.sdk.appconfig().list_environments().application_id(application);
        Ok(listed!(format!("ListEnvironments {application}"), call, |e| Candidate::new(e.id, e.name)))
    }

    async fn profiles(&self, application: &str) -> Result<Vec<Candidate>, Fault> {
        let call = self.sdk.appconfig().list_configuration_profiles().application_id(application);
        Ok(listed!(format!("ListConfigurationProfiles {application}"), call, |profile| {
            let unfit = unfit(profile.location_uri.as_deref(), profile.r#type.as_deref());
            Candidate { unfit, ..Candidate::new(profile.id, profile.name) }
        }))
    }
}

/// Why a profile is not one of hosted flags.
fn unfit(location: Option<&str>, kind: Option<&str>) -> Option<String> {
    match (location, kind) {
        (Some(HOSTED), Some(OF_FLAGS)) => None,
        (Some(HOSTED), kind) => {
            Some(format!("is of type {}; one of {OF_FLAGS} is needed", kind.unwrap_or("unknown")))
        }
        (location, _) => {
            let location = location.unwrap_or("an unknown place");
            Some(format!("is kept in {location}; one that AppConfig hosts itself is needed"))
        }
    }
}

/// The one candidate with this id or, where none has it, with this name.
fn one(kind: &str, wanted: &str, candidates: Vec<Candidate>) -> Result<Candidate, Fault> {
    let refused = |problem| Err(Fault::new(format!("{kind} {wanted}"), FaultKind::Refused(problem)));
    let has_id = candidates.iter().any(|candidate| candidate.id == wanted);
    let (mut fitting, others): (Vec<Candidate>, Vec<Candidate>) = candidates
        .into_iter()
        .partition(|known| if has_id { known.id == wanted } else { known.name == wanted });
    match (fitting.pop(), fitting.as_slice()) {
        (None, _) => refused(unknown(kind, &others)),
        (Some(Candidate { id, unfit: Some(why), .. }), []) => refused(format!("{wanted} ({id}) {why}")),
        (Some(found), []) => Ok(found),
        (Some(last), fitting) => {
            let ids: Vec<&str> = fitting.iter().chain([&last]).map(|known| known.id.as_str()).collect();
            refused(format!("several are called so: {}; name it by its id", ids.join(", ")))
        }
    }
}

fn unknown(kind: &str, known: &[Candidate]) -> String {
    let names: Vec<&str> = known.iter().take(TOLD).map(|known| known.name.as_str()).collect();
    match (names.as_slice(), known.len().saturating_sub(TOLD)) {
        ([], _) => format!("there is no {kind} at all"),
        (names, 0) => format!("no {kind} is called so; known: {}", names.join(", ")),
        (names, more) => format!("no {kind} is called so; known: {} and {more} more", names.join(", ")),
    }
}
