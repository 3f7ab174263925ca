//! A person's way to AWS: region, credentials and endpoints as their machine has them.

use std::sync::Arc;

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use tidegate_engine::ports::{Fault, FaultKind};

use crate::Aws;
use crate::config::{Installation, Unset};
use crate::faults::{NO_CREDENTIALS, no_credentials};
use crate::sdk::{self, Sdk};

/// An account in a region.
#[derive(Debug, Clone)]
pub struct Account {
    region: String,
    credentials: Option<SharedCredentialsProvider>,
    sdk: Arc<Sdk>,
}

impl Account {
    /// The one that variables and profiles name. Nothing is called yet, but for what finding credentials takes.
    pub async fn of_person() -> Result<Self, Unset> {
        let config = sdk::of_person().await;
        let Some(region) = config.region().map(ToString::to_string) else {
            return Err(Unset(vec![
                "no region is named; say AWS_REGION, or name one in the profile".to_owned(),
            ]));
        };
        Ok(Self { region, credentials: config.credentials_provider(), sdk: Arc::new(Sdk::new(&config)) })
    }

    /// The region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The id of the access key that calls are signed with; it is no secret.
    pub async fn access_key(&self) -> Result<String, Fault> {
        let fault = |told| Fault::new("credentials", FaultKind::Denied(told));
        let provider = self.credentials.as_ref().ok_or_else(|| fault(NO_CREDENTIALS.to_owned()))?;
        let found = provider.provide_credentials().await;
        Ok(found.map_err(|error| fault(no_credentials(&error)))?.access_key_id().to_owned())
    }

    /// An installation in it.
    pub fn installation(&self, named: Installation) -> Aws<Installation> {
        Aws::with(named, self.sdk.clone())
    }

    /// A look at what is installed in it.
    #[cfg(feature = "inspection")]
    pub fn inspector(&self) -> crate::inspection::Inspector {
        crate::inspection::Inspector::new(self.sdk.clone())
    }
}
