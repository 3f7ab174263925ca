//! Flags: profiles by their names, and what is read of them.

use serde_json::{Value, json};
use tidegate_domain::flag::{FlagState, HostedVersion, Profile};
use tidegate_engine::ports::FaultKind;

use crate::appconfig::{
    application, content, deployment, environment, error, event, failing, missing, of_flags, page, place,
    profile, told, version,
};
use crate::harness::{Answer, Wire};

/// An AppConfig that has the profile, and others of other names, and answers everything else like this.
fn having(profiles: Vec<Value>, mut otherwise: impl FnMut(&str) -> Answer + Send + 'static) -> Wire {
    Wire::serving(move |request| match request.operation.as_str() {
        "ListApplications" if request.path.contains("next_token") => {
            page(&[application("app1234", "shop")], None)
        }
        "ListApplications" => page(&[application("oth1234", "bank")], Some("more")),
        "ListEnvironments" => page(&[environment("dev1234", "dev"), environment("env1234", "prod")], None),
        "ListConfigurationProfiles" => page(&profiles, None),
        other => otherwise(other),
    })
}

fn unasked(operation: &str) -> Answer {
    panic!("{operation} is not to be called")
}

/// What finding a profile of this AppConfig is refused with.
async fn refusal(profiles: Vec<Value>, wanted: Profile) -> String {
    let fault = having(profiles, unasked).aws().flags().find(&wanted).await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Refused(_)), "{fault}");
    fault.to_string()
}

#[tokio::test]
async fn a_profile_is_found_by_names_page_by_page_and_looked_up_once() {
    let wire = having(vec![of_flags("pro1234", "flags")], unasked);
    let flags = wire.aws().flags();
    assert_eq!(flags.find(&profile()).await.unwrap(), place());
    assert_eq!(flags.find(&profile()).await.unwrap(), place());
    let mut operations = wire.operations();
    operations[2..].sort();
    assert_eq!(
        operations,
        ["ListApplications", "ListApplications", "ListConfigurationProfiles", "ListEnvironments"]
    );
    let paths: Vec<String> = wire.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths[1], "/applications?max_results=50&next_token=more");
    assert!(paths[2..].iter().all(|path| path.starts_with("/applications/app1234/")), "{paths:?}");
}

#[tokio::test]
async fn an_id_counts_before_a_name() {
    let profiles = vec![of_flags("pro1234", "flags"), of_flags("oth1234", "pro1234")];
    let ids = [place().application, place().environment, place().profile];
    let [application, environment, profile] = ids;
    let by_id = Profile { application, environment, profile };
    assert_eq!(having(profiles, unasked).aws().flags().find(&by_id).await.unwrap(), place());
}

#[tokio::test]
async fn a_name_that_is_not_there_or_not_alone_is_refused_with_what_there_is() {
    let two = vec![of_flags("pro1234", "flags"), of_flags("oth1234", "flags")];
    assert_eq!(
        refusal(two.clone(), profile()).await,
        "configuration profile flags: refused (several are called so: pro1234, oth1234; name it by its id)"
    );
    let absent = |name: &str| name.to_owned();
    assert_eq!(
        refusal(two.clone(), Profile { environment: absent("live"), ..profile() }).await,
        "environment live: refused (no environment is called so; known: dev, prod)"
    );
    assert_eq!(
        refusal(two, Profile { application: absent("store"), ..profile() }).await,
        "application store: refused (no application is called so; known: bank, shop)"
    );
    assert_eq!(
        refusal(vec![], profile()).await,
        "configuration profile flags: refused (there is no configuration profile at all)"
    );
}

#[tokio::test]
async fn a_profile_of_anything_but_hosted_flags_is_refused_with_what_it_is() {
    let but = |name: &str, value: &str| {
        let mut profile = of_flags("pro1234", "flags");
        profile[name] = json!(value);
        vec![profile]
    };
    assert_eq!(
        refusal(but("Type", "AWS.Freeform"), profile()).await,
        "configuration profile flags: refused (flags (pro1234) is of type AWS.Freeform; one of AWS.AppConfig.FeatureFlags is \
         needed)"
    );
    assert_eq!(
        refusal(but("LocationUri", "ssm-parameter://flags"), profile()).await,
        "configuration profile flags: refused (flags (pro1234) is kept in ssm-parameter://flags; one that AppConfig hosts \
         itself is needed)"
    );
}

#[tokio::test]
async fn what_is_gone_since_it_was_looked_up_is_looked_up_again() {
    let wire = having(vec![of_flags("pro1234", "flags")], |_| missing());
    let flags = wire.aws().flags();
    let new = flags.find(&profile()).await.unwrap();
    assert!(!flags.latest(&new).await.unwrap_err().may_pass(), "its ids were looked up just now");
    flags.find(&profile()).await.unwrap();
    let old = flags.find(&profile()).await.unwrap();
    let fault = flags.latest(&old).await.unwrap_err();
    assert!(fault.may_pass(), "another may have its name: {fault}");
    flags.find(&profile()).await.unwrap();
    let lists = wire.operations().into_iter().filter(|operation| operation == "ListEnvironments");
    assert_eq!(lists.count(), 3);
}

#[tokio::test]
async fn deployments_come_newest_first_back_to_the_one_in_force() {
    let mut others = deployment(9, "3", "DEPLOYING");
    others["ConfigurationProfileId"] = json!("oth1234");
    others["PercentageComplete"] = json!(40.0);
    let pages = [
        page(&[others, deployment(8, "8", "REVERTED")], Some("more")),
        page(&[deployment(7, "7", "COMPLETE"), deployment(6, "6", "COMPLETE")], Some("even-more")),
    ];
    let wire = Wire::answering(pages);
    let found = wire.aws().flags().deployments(&place()).await.unwrap();
    let short: Vec<_> = found
        .iter()
        .map(|known| (known.number, known.of_profile, known.version.as_str(), known.state, known.percentage))
        .collect();
    let expected = [
        (9, false, "3", FlagState::Deploying, 40.0),
        (8, true, "8", FlagState::Reverted, 100.0),
        (7, true, "7", FlagState::Complete, 100.0),
        (6, true, "6", FlagState::Complete, 100.0),
    ];
    assert_eq!(short, expected);
    assert_eq!(found[2].completed, Some("2026-03-01T10:00:01.25Z".parse().unwrap()));
    let paths: Vec<String> = wire.requests().into_iter().map(|request| request.path).collect();
    let path = "/applications/app1234/environments/env1234/deployments?max_results=50";
    assert_eq!(paths, [path.to_owned(), format!("{path}&next_token=more")]);
}

#[tokio::test]
async fn a_list_that_names_no_profile_by_its_id_is_read_by_its_name() {
    let without_id = |number, name: &str| {
        let mut deployment = deployment(number, "7", "COMPLETE");
        deployment.as_object_mut().unwrap().remove("ConfigurationProfileId");
        deployment["ConfigurationName"] = json!(name);
        deployment
    };
    let deployments = [without_id(1, "flags"), without_id(2, "other")];
    let wire = having(vec![of_flags("pro1234", "flags")], move |_| page(&deployments, None));
    let flags = wire.aws().flags();
    let place = flags.find(&profile()).await.unwrap();
    let found = flags.deployments(&place).await.unwrap();
    let of_profile: Vec<_> = found.iter().map(|known| (known.number, known.of_profile)).collect();
    assert_eq!(of_profile, [(2, false), (1, true)], "whatever order they come in, the newest is first");
}

#[tokio::test]
async fn a_profile_that_was_never_through_is_looked_for_no_further_than_ten_pages() {
    let mut pages = 0;
    let wire = Wire::serving(move |_| {
        pages += 1;
        page(&[deployment(9, "8", "ROLLED_BACK")], Some(&format!("page-{pages}")))
    });
    let fault = wire.aws().flags().deployments(&place()).await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Refused(_)), "{fault}");
    assert_eq!(wire.requests().len(), 10);

    let empty = Wire::answering([page(&[], None)]);
    assert_eq!(empty.aws().flags().deployments(&place()).await.unwrap(), []);
}

/// What is told of a deployment with these events.
async fn problem(events: &[Value]) -> Option<String> {
    let wire = Wire::answering([told(8, "ROLLED_BACK", events)]);
    let deployment = wire.aws().flags().deployment(&place(), 8).await.unwrap();
    assert_eq!(wire.only_request().path, "/applications/app1234/environments/env1234/deployments/8");
    assert_eq!((deployment.number, deployment.of_profile), (8, true));
    deployment.problem
}

#[tokio::test]
async fn a_deployment_says_who_took_it_back_and_why() {
    assert_eq!(problem(&[event("DEPLOYMENT_STARTED", "USER", "Deployment started")]).await, None);
    let back = |by, words| [event("ROLLBACK_COMPLETED", by, "done"), event("ROLLBACK_STARTED", by, words)];
    let arn = "Rollback initiated by arn:aws:cloudwatch:eu-west-1:123456789012:alarm:5xx";
    assert_eq!(
        problem(&back("CLOUDWATCH_ALARM", arn)).await.unwrap(),
        format!("an alarm of the environment took it back ({arn})")
    );
    assert_eq!(problem(&back("USER", "")).await.unwrap(), "somebody took it back");
    assert_eq!(
        problem(&back("INTERNAL_ERROR", "try again")).await.unwrap(),
        "an internal error of AppConfig took it back (try again)"
    );
    assert_eq!(
        problem(&[event("REVERT_COMPLETED", "USER", "Revert initiated by 123456789012")]).await.unwrap(),
        "somebody took it back (Revert initiated by 123456789012)"
    );
    let mut started = event("ROLLBACK_STARTED", "APPCONFIG", "an extension");
    started["ActionInvocations"] = json!([{
        "ExtensionIdentifier": "tidegate", "ActionName": "guard", "ErrorCode": "ROLL_BACK",
        "ErrorMessage": "errors: 4 % of new, 1 % of old",
    }]);
    assert_eq!(
        problem(&[started]).await.unwrap(),
        "AppConfig took it back (an extension; extension tidegate: errors: 4 % of new, 1 % of old)"
    );
}

fn hosted(number: u64, description: &str) -> HostedVersion {
    HostedVersion { number, description: description.to_owned() }
}

#[tokio::test]
async fn the_newest_version_is_the_greatest_in_whatever_order_they_come() {
    let down = [page(&[version(8, "Tidegate x 2"), version(7, "")], Some("more"))];
    let up =
        [page(&[version(6, ""), version(7, "")], Some("more")), page(&[version(8, "Tidegate x 2")], None)];
    let one = [page(&[version(7, "")], Some("more")), page(&[version(8, "Tidegate x 2")], None)];
    for pages in [Vec::from(down), Vec::from(up), Vec::from(one)] {
        let wire = Wire::answering(pages);
        let latest = wire.aws().flags().latest(&place()).await.unwrap();
        assert_eq!(latest, Some(hosted(8, "Tidegate x 2")));
        let path = "/applications/app1234/configurationprofiles/pro1234/hostedconfigurationversions";
        assert_eq!(wire.requests()[0].path, format!("{path}?max_results=50"));
    }
    let none = Wire::answering([page(&[], None)]);
    assert_eq!(none.aws().flags().latest(&place()).await.unwrap(), None);
}

#[tokio::test]
async fn the_text_of_a_version_is_its_body_to_the_byte() {
    let text = "{\n  \"version\": \"1\", \"größe\": 1.0\n}\n";
    let wire = Wire::answering([content(7, text.as_bytes()), content(8, &[0x7b, 0xff, 0x7d])]);
    let flags = wire.aws().flags();
    assert_eq!(flags.content(&place(), 7).await.unwrap(), text);
    let fault = flags.content(&place(), 8).await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Unreadable(_)), "{fault}");
    let path = "/applications/app1234/configurationprofiles/pro1234/hostedconfigurationversions/7";
    assert_eq!(wire.requests()[0].path, path);
}

#[tokio::test(start_paused = true)]
async fn reading_is_tried_again_where_that_may_help_and_only_there() {
    for (status, code, tries) in [
        (429, "ThrottlingException", 3),
        (500, "InternalServerException", 3),
        (403, "AccessDeniedException", 1),
        (400, "BadRequestException", 1),
    ] {
        let wire = failing(status, code);
        let flags = wire.aws().flags();
        let faults = [
            flags.find(&profile()).await.unwrap_err(),
            flags.deployments(&place()).await.unwrap_err(),
            flags.deployment(&place(), 8).await.unwrap_err(),
            flags.latest(&place()).await.unwrap_err(),
            flags.content(&place(), 7).await.unwrap_err(),
        ];
        for fault in faults {
            match status {
                403 => assert!(matches!(fault.kind, FaultKind::Denied(_)), "{fault}"),
                400 => assert!(matches!(fault.kind, FaultKind::Refused(_)), "{fault}"),
                _ => assert!(fault.may_pass(), "{fault}"),
            }
        }
        assert_eq!(wire.requests().len(), 5 * tries, "{code}");
    }
    let gone = Wire::serving(|_| error(404, "ResourceNotFoundException"));
    let fault = gone.aws().flags().content(&place(), 7).await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Missing(_)), "{fault}");
}
