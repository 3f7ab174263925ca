//! Targets of every kind, and what is said of those that are none.

use super::*;
use crate::deployment::{Group, Platform};

fn code_deploy(settings: &[(&str, &str)]) -> Target {
    let all = [("application", "shop"), ("group", "checkout")].iter().chain(settings);
    Target::new("codeDeploy", all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

fn said(target: &Target) -> String {
    let faults = faults(target).into_iter().map(|(path, problem)| format!("{path}: {problem}"));
    faults.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_example_of_a_kind_is_right_and_its_name_is_made_of_what_is_required() {
    for kind in KINDS {
        let settings = |of: fn(&&Setting) -> bool| {
            let settings = kind.settings.iter().filter(of);
            settings.map(|setting| (setting.name.to_owned(), setting.example.to_owned())).collect()
        };
        let whole = Target::new(kind.name, settings(|_| true));
        let least = Target::new(kind.name, settings(|setting| setting.required));
        assert_eq!((said(&whole), said(&least)), (String::new(), String::new()));
        assert_eq!(whole.key(), least.key(), "a setting that may be left out must not change the lock");
    }
}

#[test]
fn a_group_has_one_key_whoever_names_it() {
    let group = Group { application: "shop".to_owned(), name: "checkout".to_owned() };
    let named =
        code_deploy(&[("function", "checkout"), ("alias", "live"), ("hook", "CodeDeployHook_tidegate")]);
    assert_eq!(Target::code_deploy(&group).key(), "codeDeploy:shop:checkout");
    assert_eq!(named.key(), Target::code_deploy(&group).key());
    assert_eq!(Target::ecs("shop", "web").key(), "ecs:shop:web");
    for target in
        [Target::code_deploy(&group), Target::ecs("shop", "web"), Target::lambda("checkout", "live")]
    {
        assert_eq!(said(&target), "");
    }
}

#[test]
fn half_a_pair_is_a_fault() {
    let beside = |one: &str, other: &str, like: &str| {
        format!("codeDeploy.{one}: is missing beside {other}, which says nothing without it; like {like}")
    };
    for (stated, missing, value, like) in [
        ("function", "alias", "checkout", "live"),
        ("alias", "function", "live", "checkout"),
        ("container", "port", "web", "8080"),
        ("port", "container", "80", "web"),
    ] {
        assert_eq!(said(&code_deploy(&[(stated, value)])), beside(missing, stated, like));
    }
}

#[test]
fn what_is_wrong_in_a_group_is_told_at_once() {
    let target = Target::new(
        "codeDeploy",
        [("group", "a b"), ("port", "0"), ("hook", "arn:aws:lambda:x"), ("taskDefinition", "web:1")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    );
    let expected = "\
codeDeploy.taskDefinition: no such field; known: application, group, function, alias, container, port, hook
codeDeploy.application: is missing; like shop
codeDeploy.group: \"a b\" is no name in CodeDeploy; 1 to 100 of a-z, A-Z, 0-9 and . _ + = , @ -, like checkout
codeDeploy.container: is missing beside port, which says nothing without it; like web
codeDeploy.port: \"0\" is no port; a number from 1 to 65535, like 8080
codeDeploy.hook: \"arn:aws:lambda:x\" is an ARN; write the bare name, like CodeDeployHook_tidegate";
    assert_eq!(said(&target), expected);
}

#[test]
fn a_task_definition_is_named_by_family_and_revision_or_by_its_arn() {
    let arn = |account: &str| format!("arn:aws:ecs:eu-west-1:{account}:task-definition/web_2:42");
    assert_eq!(ecs::task_definition("web:42"), Some("web:42"));
    assert_eq!(ecs::task_definition(&arn("123456789012")), Some("web_2:42"));
    let short = arn("1234");
    for wrong in
        ["", "web", "web:", ":42", "web:0", "web:042", "web:x", "we b:42", "a:b:c", "web:42:1", &short]
    {
        assert_eq!(ecs::task_definition(wrong), None, "{wrong}");
        let expected = format!(
            "{wrong:?} is no revision of a task definition; its family and its number, like web:42, or its ARN"
        );
        assert_eq!((ecs::KIND.check_version)(wrong), Err(expected));
    }
}

#[test]
fn a_group_deploys_versions_task_definitions_and_bundles() {
    let check = code_deploy::KIND.check_version;
    for version in [
        "8",
        "web:42",
        "arn:aws-cn:ecs:cn-north-1:123456789012:task-definition/web:42",
        "s3://bucket/a/b c.zip",
        "s3://bucket/app.zip?versionId=3HL4kqtJvjVBH40Nrjfkd",
        "s3://bucket/app.zip?eTag=9b2cf535f27731c974343645a3985328",
        "github://owner/repository.rs@0f2c9a1d4e",
    ] {
        assert_eq!(check(version), Ok(()), "{version}");
    }
    let all = "; for Lambda a version, like 8; for ECS a task definition, like web:42; for instances a bundle, like \
               s3://bucket/app.zip or github://owner/repository@commit";
    for version in ["", "$LATEST", "08", "web", "https://bucket/app.zip"] {
        assert_eq!(check(version), Err(format!("{version:?} is nothing that CodeDeploy deploys{all}")));
    }
    let s3 = "is no object in S3; like s3://bucket/app.zip, perhaps with ?versionId= or ?eTag= and its value";
    for version in ["s3://", "s3://bucket", "s3://bucket/", "s3://B/app.zip", "s3://bucket/app.zip?version=1"]
    {
        assert_eq!(check(version), Err(format!("{version:?} {s3}")));
    }
    let github = "is no commit on GitHub; like github://owner/repository@ and the commit's id";
    for version in ["github://owner", "github://owner/repository", "github://owner/repository@main"] {
        assert_eq!(check(version), Err(format!("{version:?} {github}")));
    }
}

#[test]
fn a_version_has_to_be_one_of_its_platform() {
    let fits = |platform, version| code_deploy::check_version_of(platform, version).is_ok();
    let versions = ["8", "web:42", "s3://bucket/app.zip"];
    let fitting = |platform| versions.map(|version| fits(platform, version));
    assert_eq!(fitting(Platform::Lambda), [true, false, false]);
    assert_eq!(fitting(Platform::Ecs), [false, true, false]);
    assert_eq!(fitting(Platform::Server), [false, false, true]);
}

#[test]
fn a_container_is_no_function() {
    let is_no_function = code_deploy::KIND.is_no_function;
    assert!(is_no_function(&code_deploy(&[("container", "web"), ("port", "80")])));
    assert!(!is_no_function(&code_deploy(&[("function", "checkout"), ("alias", "live")])));
    assert!(!is_no_function(&code_deploy(&[])), "a group that is guarded need not say what it deploys to");
}
