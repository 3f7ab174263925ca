//! Traffic routers. A new one is one file here and one line in [`all`].

mod lambda_alias;

use std::sync::Arc;

use tidegate_engine::ports::Routers;

pub use lambda_alias::LambdaAlias;

use crate::sdk::Sdk;

/// Every router.
pub(crate) fn all(sdk: &Arc<Sdk>) -> Routers {
    Routers::new(vec![Arc::new(LambdaAlias::new(sdk.clone()))])
}
