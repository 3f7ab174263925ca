//! Deployments on moto, which others wrote: it creates, lists and describes deployments and knows tags. It moves nothing, so
//! that a deployment stays `Created`, keeps no alarms of a group, and has neither targets nor waits, hooks and stops.
//!
//!     AWS_ENDPOINT_URL=http://127.0.0.1:5000 cargo test -p tidegate-aws --test moto -- --ignored

use aws_sdk_codedeploy::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_sdk_codedeploy::types::{ComputePlatform, Tag};
use aws_types::SdkConfig;
use jiff::Timestamp;
use tidegate_aws::Aws;
use tidegate_aws::config::Installation;
use tidegate_domain::deployment::{
    Content, DeploymentId, DeploymentStatus, Group, Order, Platform, Revision,
};
use tidegate_domain::target::Version;
use tidegate_engine::ports::{FaultKind, Tagged};

fn config() -> SdkConfig {
    let endpoint = std::env::var_os("AWS_ENDPOINT_URL").expect("AWS_ENDPOINT_URL names moto's server");
    let credentials = Credentials::new("test", "test", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-north-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint.to_str().unwrap())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

/// A tagged group.
async fn group(name: &str) -> Group {
    let group = Group { application: format!("{name}-{}", std::process::id()), name: "web".to_owned() };
    let codedeploy = aws_sdk_codedeploy::Client::new(&config());
    let call = codedeploy.create_application().application_name(&group.application);
    call.compute_platform(ComputePlatform::Server).send().await.unwrap();
    let tag = Tag::builder().key("tidegate:policy").value("web").build();
    let call = codedeploy.create_deployment_group().application_name(&group.application);
    let call = call.deployment_group_name(&group.name).tags(tag);
    call.service_role_arn("arn:aws:iam::123456789012:role/codedeploy").send().await.unwrap();
    group
}

#[tokio::test]
#[ignore = "needs moto's server at AWS_ENDPOINT_URL"]
async fn a_deployment_that_was_started_is_found_and_read() {
    let group = group("web").await;
    let installation = Installation { table: "tidegate".to_owned(), bus: "tidegate".to_owned() };
    let deployments = Aws::on(installation, &config()).deployments();
    let since = Timestamp::UNIX_EPOCH;
    assert_eq!(deployments.find(&group, "tidegate web-8", since).await.unwrap(), None);

    let bundle = Version("s3://releases/web-8.zip?versionId=v8".to_owned());
    let order = Order {
        group: group.clone(),
        revision: Revision::Bundle(bundle.clone()),
        config: None,
        alarms: Some(vec!["web-slow".to_owned()]),
    };
    let id = deployments.start(&order, "tidegate web-8").await.unwrap();
    let other = deployments.start(&order, "by hand").await.unwrap();
    assert_eq!(deployments.find(&group, "tidegate web-8", since).await.unwrap(), Some(id.clone()));
    let under_way = deployments.under_way_in(&group).await.unwrap();
    assert!(under_way.contains(&id) && under_way.contains(&other), "{under_way:?}");
    assert!(deployments.under_way(since).await.unwrap().contains(&id));

    let read = deployments.get(&id).await.unwrap();
    assert_eq!((read.platform, read.status), (Platform::Server, DeploymentStatus::Created));
    assert_eq!((read.group.clone(), read.description.as_str()), (group.clone(), "tidegate web-8"));
    assert_eq!(read.content, Some(Content::Server { current: None, target: bundle }));
    assert_eq!(deployments.standing(&id).await.unwrap(), read.standing());

    assert_eq!(deployments.group(&group).await.unwrap().platform, Platform::Server);
    let tagged = deployments.tagged(&read).await.unwrap();
    assert_eq!(tagged, Some(Tagged { policy: "web".to_owned(), alias: None }));

    let nobody = deployments.standing(&DeploymentId("d-NOBODY".to_owned())).await.unwrap_err();
    assert!(matches!(nobody.kind, FaultKind::Missing(_)), "{nobody}");
}
