//! The pages of the console, by what they do to the account: instances, security groups, Elastic IPs. Without JavaScript, as
//! a browser without it sends their forms.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::console::{Browser, header, open};
use crate::served::{Answer, Served};

/// What a browser sends for the launch form as it comes, but for the key pair.
fn launch_form<'a>(image: &'a str, key: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("Name", "web"),
        ("ImageId", image),
        ("InstanceType", "t3.micro"),
        ("KeyName", key),
        ("SubnetId", ""),
        ("AssociatePublicIpAddress", "true"),
        ("Firewall", "new"),
        ("AllowSsh", "on"),
        ("SshFrom", "anywhere"),
        ("CidrIp", ""),
        ("MaxCount", "1"),
    ]
}

/// The form with another value in one of its fields, or with one more field.
fn with<'a>(
    mut form: Vec<(&'a str, &'a str)>,
    name: &'a str,
    value: &'a str,
) -> Vec<(&'a str, &'a str)> {
    form.retain(|(one, _)| *one != name);
    form.push((name, value));
    form
}

fn without<'a>(mut form: Vec<(&'a str, &'a str)>, name: &str) -> Vec<(&'a str, &'a str)> {
    form.retain(|(one, _)| *one != name);
    form
}

/// The image that the launch form offers first.
#[track_caller]
fn first_image(browser: &Browser) -> String {
    let page = browser.page("/instances/launch");
    let (_, select) = page.split_once("id=\"field-ImageId\"").unwrap();
    let (_, chosen) = select.split_once("<option value=\"").unwrap();
    let (id, rest) = chosen.split_once('"').unwrap();
    assert!(
        rest.starts_with(" selected>Amazon Linux 2023 - 64-bit (x86)<"),
        "{rest}"
    );
    id.to_owned()
}

/// What is said at a field that was refused.
#[track_caller]
fn error_at<'a>(page: &'a str, field: &str) -> &'a str {
    let mark = format!("id=\"field-{field}-error\"");
    let (_, rest) = page
        .split_once(&mark)
        .unwrap_or_else(|| panic!("nothing is said at {field}: {page}"));
    rest.split("</p>").next().unwrap()
}

/// The text of the element of that id.
#[track_caller]
fn text_of(page: &str, id: &str) -> String {
    let (_, rest) = page
        .split_once(&format!("id=\"{id}\">"))
        .unwrap_or_else(|| panic!("no {id}: {page}"));
    let text = rest.split('<').next().unwrap();
    text.replace("&quot;", "\"").replace("&amp;", "&")
}

fn ec2(served: &Served, action: &str, form: &str) -> Answer {
    let answer = served.connect().ec2(action, form).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

/// Launches one on the page; its id.
#[track_caller]
fn launch(served: &Served, browser: &Browser) -> String {
    let image = first_image(browser);
    let done = browser.post("/instances/launch", &launch_form(&image, " none"));
    browser.after(&done);
    let ids = ec2(served, "DescribeInstances", "");
    ids.all("instanceId").last().unwrap().to_owned()
}

fn group_names(served: &Served) -> Vec<String> {
    let answer = ec2(served, "DescribeSecurityGroups", "");
    answer
        .all("item")
        .zip(answer.body.split("<groupName>").skip(1))
        .map(|(_, rest)| rest.split('<').next().unwrap().to_owned())
        .collect()
}

fn state(served: &Served, id: &str) -> String {
    let answer = ec2(served, "DescribeInstances", &format!("InstanceId.1={id}"));
    let (_, rest) = answer.body.split_once("<instanceState>").unwrap();
    let (_, name) = rest.split_once("<name>").unwrap();
    name.split('<').next().unwrap().to_owned()
}

#[test]
fn the_guide_is_walked_on_the_pages_from_an_empty_account_to_a_sign_in() {
    let (_served, browser) = open();
    assert!(
        browser
            .page("/instances")
            .contains("There are no instances in us-east-1 yet.")
    );
    let (file, _) = browser.create(&[
        ("KeyName", "testkeypair"),
        ("KeyType", "ed25519"),
        ("KeyFormat", "pem"),
    ]);
    let image = first_image(&browser);
    let form = launch_form(&image, "testkeypair");
    let page = browser.after(&browser.post("/instances/launch", &form));
    assert!(page.contains("<h1>Success</h1>"), "{page}");
    let (before, _) = page.split_once("/connect\"").unwrap();
    let path = before.rsplit_once("href=\"").unwrap().1.to_owned();

    let page = browser.page(&format!("{path}/connect"));
    let chmod = text_of(&page, "chmod");
    let example = text_of(&page, "example");
    assert_eq!(chmod, "chmod 400 \"testkeypair.pem\"");
    assert!(
        example.starts_with("ssh -i \"testkeypair.pem\" -p ") && example.contains(" ec2-user@127."),
        "{example}"
    );
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("testkeypair.pem");
    std::fs::write(&key, &file.body).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ssh = example.replacen(
        "ssh ",
        "ssh -F none -o UserKnownHostsFile=known -o StrictHostKeyChecking=accept-new -o BatchMode=yes ",
        1,
    );
    let run = |commands: &str| {
        let output = Command::new("bash")
            .args(["-c", commands])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", folder.path())
            .current_dir(folder.path())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout), text(&output.stderr))
    };
    let (_, refused) = run(&format!("{ssh} whoami"));
    assert!(
        refused.contains("UNPROTECTED PRIVATE KEY FILE"),
        "{refused}"
    );
    let (said, error) = run(&format!("{chmod} && {ssh} whoami"));
    assert_eq!(said, "ec2-user\n", "{error}");

    // The host key that ssh has kept is one of those in the system log.
    let log = browser.page(&format!("{path}/log"));
    let (known, error) = run("ssh-keygen -l -f known");
    let fingerprint = known.split(' ').nth(1).unwrap_or_default();
    assert!(fingerprint.starts_with("SHA256:"), "{known} {error}");
    let log = log.replace("&#43;", "+");
    assert!(log.contains(fingerprint), "{fingerprint}: {log}");
}

#[test]
fn the_launch_wizard_makes_a_group_with_the_rules_that_are_ticked() {
    let (served, browser) = open();
    let image = first_image(&browser);
    let form = with(launch_form(&image, " none"), "SshFrom", "my-ip");
    let form = with(form, "AllowHttps", "on");
    browser.after(&browser.post("/instances/launch", &form));
    let groups = ec2(
        &served,
        "DescribeSecurityGroups",
        "GroupName.1=launch-wizard-1",
    );
    assert!(
        groups
            .first("groupDescription")
            .starts_with("launch-wizard-1 created 20"),
        "{}",
        groups.body
    );
    let allowed: Vec<&str> = groups.all("fromPort").collect();
    assert_eq!(allowed, ["22", "443"]);
    let ranges: Vec<&str> = groups.all("cidrIp").collect();
    let mine = browser.page("/instances/launch");
    let (_, mine) = mine.split_once("My IP (").unwrap();
    let mine = mine.split(')').next().unwrap();
    assert!(
        mine.ends_with("/32") && ranges.contains(&mine),
        "{ranges:?}"
    );
    let instance = ec2(&served, "DescribeInstances", "");
    assert!(
        instance
            .all("groupName")
            .any(|name| name == "launch-wizard-1")
    );
    assert_eq!(instance.first("keyName"), "", "without a key pair");

    // The next one has the next number; with nothing ticked it lets nothing in.
    let form = without(with(form, "MaxCount", "2"), "AllowSsh");
    let form = without(form, "AllowHttps");
    let page = browser.after(&browser.post("/instances/launch", &form));
    assert_eq!(page.matches("Connect to instance<").count(), 2, "{page}");
    let groups = ec2(
        &served,
        "DescribeSecurityGroups",
        "GroupName.1=launch-wizard-2",
    );
    assert_eq!(groups.all("fromPort").count(), 0, "{}", groups.body);

    // One of those that are there, in a subnet, without a public address.
    let id = groups.first("groupId").to_owned();
    let subnets = ec2(&served, "DescribeSubnets", "");
    let subnet = subnets.all("subnetId").last().unwrap().to_owned();
    let form = with(launch_form(&image, " none"), "Firewall", "existing");
    let form = with(form, "SecurityGroupId", &id);
    let form = with(form, "SubnetId", &subnet);
    let form = with(form, "AssociatePublicIpAddress", "false");
    browser.after(&browser.post("/instances/launch", &form));
    let all = ec2(
        &served,
        "DescribeInstances",
        &format!(
            "Filter.1.Name=subnet-id&Filter.1.Value.1={subnet}&Filter.2.Name=instance.group-id&Filter.2.Value.1={id}"
        ),
    );
    assert_eq!(all.all("instanceId").count(), 1, "{}", all.body);
    assert_eq!(all.first("ipAddress"), "", "{}", all.body);
    assert_eq!(group_names(&served).len(), 3, "no further group");
}

#[test]
fn a_refused_launch_is_said_at_its_field_and_leaves_nothing_behind() {
    let (served, browser) = open();
    let image = first_image(&browser);
    let usual = launch_form(&image, " none");
    let custom = with(usual.clone(), "SshFrom", "custom");
    let refused = [
        (
            with(usual.clone(), "KeyName", ""),
            "KeyName",
            "Choose a key pair, or choose to proceed without one",
        ),
        (
            with(usual.clone(), "KeyName", "gone"),
            "KeyName",
            "The key pair &#39;gone&#39; does not exist",
        ),
        (
            with(usual.clone(), "ImageId", "ami-0123456789abcdef0"),
            "ImageId",
            "The image id &#39;[ami-0123456789abcdef0]&#39; does not exist",
        ),
        (
            with(usual.clone(), "InstanceType", "t4g.micro"),
            "InstanceType",
            "does not match the architecture",
        ),
        (
            with(usual.clone(), "MaxCount", "none"),
            "MaxCount",
            "It should be an integer",
        ),
        (
            with(usual.clone(), "MaxCount", "0"),
            "MaxCount",
            "Must be a positive number",
        ),
        (
            with(custom.clone(), "CidrIp", "home"),
            "CidrIp",
            "CIDR block home is malformed",
        ),
        (
            with(custom, "CidrIp", "sg-0123456789abcdef0"),
            "CidrIp",
            "The security group &#39;sg-0123456789abcdef0&#39; does not exist",
        ),
    ];
    for (form, field, words) in refused {
        let page = browser.after(&browser.post("/instances/launch", &form));
        let said = error_at(&page, field);
        let plain = said.replace('\'', "&#39;");
        assert!(plain.contains(words), "{field}: {said}");
        assert!(page.contains("<title>Error: "), "{field}");
        // What was typed is still there.
        assert!(page.contains("name=\"Name\" value=\"web\""), "{page}");
    }
    assert_eq!(group_names(&served), ["default"]);
    let none = ec2(&served, "DescribeInstances", "");
    assert_eq!(none.all("instanceId").count(), 0);
}

#[test]
fn the_chosen_instances_are_stopped_started_rebooted_and_terminated_after_a_question() {
    let (served, browser) = open();
    let (a, b) = (launch(&served, &browser), launch(&served, &browser));
    let page = browser.page("/instances");
    for text in [&a, &b, "Running", "launch-wizard-1", "launch-wizard-2"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let page = browser.after(&browser.post("/instances", &[("do", "stop")]));
    assert!(page.contains("No instances specified"), "{page}");
    let both = [("InstanceId", a.as_str()), ("InstanceId", b.as_str())];
    let page = browser.after(&browser.post("/instances", &[("do", "connect"), both[0], both[1]]));
    assert!(page.contains("Choose one instance to connect to"), "{page}");
    assert!(
        page.contains(&format!("value=\"{b}\" checked")),
        "the choice is still there: {page}"
    );

    let ask = |word: &str, which: &[(&str, &str)]| {
        let mut form = vec![("do", word)];
        form.extend_from_slice(which);
        let answer = browser.post("/instances", &form);
        let path = header(&answer, "location").unwrap().to_owned();
        browser.page(&path);
        path
    };
    let path = ask("stop", &both);
    assert_eq!(state(&served, &a), "running", "it was only asked");
    let page = browser.after(&browser.post(&path, &[]));
    assert!(
        page.contains(&format!("Stopping {a} (web), {b} (web).")),
        "{page}"
    );
    assert_eq!(state(&served, &a), "stopped");
    let page = browser.after(&browser.post(&ask("reboot", &both[..1]), &[]));
    assert!(
        page.contains("is not in a state from which it can be rebooted."),
        "{page}"
    );
    let page = browser.after(&browser.post("/instances", &[("do", "start"), both[0]]));
    assert!(page.contains(&format!("Starting {a}.")), "{page}");
    assert_eq!(state(&served, &a), "running");
    let page = browser.after(&browser.post(&ask("reboot", &both[..1]), &[]));
    assert!(page.contains(&format!("Rebooting {a} (web).")), "{page}");

    let protect = format!("InstanceId={a}&DisableApiTermination.Value=true");
    ec2(&served, "ModifyInstanceAttribute", &protect);
    let path = ask("terminate", &both[..1]);
    let page = browser.after(&browser.post(&path, &[]));
    assert!(page.contains("may not be terminated. Modify its"), "{page}");
    let protect = format!("InstanceId={a}&DisableApiTermination.Value=false");
    ec2(&served, "ModifyInstanceAttribute", &protect);
    let page = browser.after(&browser.post(&path, &[]));
    assert!(page.contains(&format!("Terminating {a} (web).")), "{page}");
    assert_eq!(state(&served, &a), "terminated");
    assert_eq!(state(&served, &b), "stopped");
    // Its own page has the same, for what can be done in its state.
    let page = browser.page(&format!("/instances/{a}"));
    assert!(!page.contains("id=\"do-"), "{page}");
    let own = format!("/instances/{b}");
    let page = browser.after(&browser.post(&own, &[("do", "start")]));
    assert!(page.contains(&format!("Starting {b}.")), "{page}");
    for path in ["/instances/i-0123456789abcdef0", "/instances/nonsense/log"] {
        assert_eq!(browser.get(path).status, 404, "{path}");
    }
}

#[test]
fn an_instance_shows_what_the_account_knows_of_it_and_changes_its_groups() {
    let (served, browser) = open();
    let id = launch(&served, &browser);
    let path = format!("/instances/{id}");
    let known = ec2(&served, "DescribeInstances", "");
    // Those of its own group: the account has those of the group default, too.
    let own = ec2(
        &served,
        "DescribeSecurityGroups",
        "GroupName.1=launch-wizard-1",
    );
    let own = format!(
        "Filter.1.Name=group-id&Filter.1.Value.1={}",
        own.first("groupId")
    );
    let rules = ec2(&served, "DescribeSecurityGroupRules", &own);
    let volume = known.first("volumeId");
    let expected = [
        (
            "",
            vec![
                known.first("imageId"),
                "Amazon Linux 2023",
                "ec2-user",
                "Passed",
            ],
        ),
        (
            "/security",
            vec![
                "0.0.0.0/0",
                "(everybody)",
                rules.first("securityGroupRuleId"),
            ],
        ),
        (
            "/networking",
            vec![known.first("networkInterfaceId"), known.first("macAddress")],
        ),
        ("/storage", vec![volume, "8 GiB", "gp3"]),
        ("/tags", vec![">Name<", ">web<"]),
    ];
    for (tab, texts) in expected {
        let page = browser.page(&format!("{path}{tab}"));
        for text in texts {
            assert!(
                !text.is_empty() && page.contains(text),
                "{tab}: {text}: {page}"
            );
        }
        assert!(page.contains(known.first("ipAddress")), "{tab}");
        assert_eq!(page.matches("<nav class=\"tabs\"").count(), 1, "{tab}");
    }
    let groups = format!("{path}/groups");
    let page = browser.after(&browser.post(&groups, &[]));
    assert!(
        error_at(&page, "GroupId").contains("The request must contain the parameter GroupId"),
        "{page}"
    );
    let default = ec2(&served, "DescribeSecurityGroups", "GroupName.1=default");
    let page = browser.after(&browser.post(&groups, &[("GroupId", default.first("groupId"))]));
    assert!(page.contains("were changed."), "{page}");
    let now = ec2(&served, "DescribeInstances", "");
    let names: BTreeSet<&str> = now
        .all("groupName")
        .filter(|name| !name.is_empty())
        .collect();
    assert_eq!(names, BTreeSet::from(["default"]));
    // An instance that does not run has no address to connect to, and the page says why.
    ec2(&served, "StopInstances", &format!("InstanceId.1={id}"));
    let page = browser.page(&format!("{path}/connect"));
    assert!(page.contains("This instance does not run"), "{page}");
    assert!(page.contains("launched without a key pair"), "{page}");
    assert!(!page.contains("id=\"example\""), "{page}");
}

/// The fields of the rules editor, as rows of type, ports, source, peer and description after the rule's id.
fn rules_form(rows: &[[&str; 6]]) -> Vec<(String, String)> {
    let names = ["Id", "Type", "Ports", "Source", "Peer", "Description"];
    let mut form = Vec::new();
    for (number, row) in (1..).zip(rows) {
        for (name, value) in names.iter().zip(row) {
            form.push((format!("Rule.{number}.{name}"), (*value).to_owned()));
        }
    }
    form
}

fn borrowed(form: &[(String, String)]) -> Vec<(&str, &str)> {
    form.iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// Makes a group on the page; its id.
#[track_caller]
fn create_group(browser: &Browser, name: &str) -> String {
    let form = [("GroupName", name), ("GroupDescription", "for tests")];
    let made = browser.post("/security-groups/create", &form);
    let page = browser.after(&made);
    assert!(page.contains("It lets nothing in yet."), "{page}");
    let location = header(&made, "location").unwrap();
    let (id, _) = location.split_once('?').unwrap();
    id.rsplit_once('/').unwrap().1.to_owned()
}

/// Inbound rules as the account has them: protocol, first port, range or group, description.
fn inbound(served: &Served, group: &str) -> BTreeSet<(String, String, String, String)> {
    let form = format!("Filter.1.Name=group-id&Filter.1.Value.1={group}");
    let answer = ec2(served, "DescribeSecurityGroupRules", &form);
    let rules = answer.body.split("<securityGroupRuleId>").skip(1);
    let element = |rule: &str, name: &str| {
        let found = rule.split_once(&format!("<{name}>"));
        found.map_or(String::new(), |(_, rest)| {
            rest.split('<').next().unwrap().to_owned()
        })
    };
    rules
        .filter(|rule| element(rule, "isEgress") == "false")
        .map(|rule| {
            let peer = ["cidrIpv4", "cidrIpv6"].map(|name| element(rule, name));
            let group = rule.split_once("<referencedGroupInfo>");
            let group = group.map(|(_, rest)| element(rest, "groupId"));
            (
                element(rule, "ipProtocol"),
                element(rule, "fromPort"),
                group.unwrap_or_else(|| peer.concat()),
                element(rule, "description"),
            )
        })
        .collect()
}

fn rule(a: &str, b: &str, c: &str, d: &str) -> (String, String, String, String) {
    (a.to_owned(), b.to_owned(), c.to_owned(), d.to_owned())
}

#[test]
fn rules_are_added_changed_and_taken_away_in_one_form() {
    let (served, browser) = open();
    let group = create_group(&browser, "g");
    let other = create_group(&browser, "h");
    let path = format!("/security-groups/{group}");
    assert!(
        browser
            .page(&path)
            .contains("No inbound rules: nothing gets in."),
        "a new group"
    );
    let edit = format!("{path}/edit-inbound");
    // Rows come and go without anything being saved.
    let page = browser.after(&browser.post(&edit, &[("do", "add-rule")]));
    assert!(page.contains("name=\"Rule.1.Type\""), "{page}");
    let form = rules_form(&[
        ["", "ssh", "", "my-ip", "", ""],
        ["", "http", "", "custom", "kept", ""],
    ]);
    let mut form = borrowed(&form);
    form.push(("do", "delete-1"));
    let page = browser.after(&browser.post(&edit, &form));
    assert!(
        page.contains("value=\"kept\"") && !page.contains("name=\"Rule.2.Type\""),
        "{page}"
    );
    assert!(inbound(&served, &group).is_empty());

    let form = rules_form(&[
        ["", "ssh", "", "custom", "203.0.113.25/32", "home"],
        ["", "custom-tcp", "8000-8080", "anywhere-ipv6", "", ""],
        ["", "all-icmp", "", "custom", &other, ""],
        ["", "all", "", "custom", "10.1.2.3/8", ""],
    ]);
    let page = browser.after(&browser.post(&edit, &borrowed(&form)));
    assert!(page.contains("were saved."), "{page}");
    let tcp = rule("tcp", "8000", "::/0", "");
    let icmp = rule("icmp", "-1", &other, "");
    let all = rule("-1", "-1", "10.0.0.0/8", "");
    let ssh = rule("tcp", "22", "203.0.113.25/32", "home");
    let rules = inbound(&served, &group);
    assert_eq!(rules, BTreeSet::from([ssh, tcp.clone(), icmp.clone(), all]));

    // The page sends back what it showed: one rule is changed, one is gone, one is new.
    let page = browser.page(&edit);
    let ids: Vec<&str> = page
        .split("name=\"Rule.")
        .skip(1)
        .filter_map(|rest| rest.split_once(".Id\" value=\""))
        .filter_map(|(_, rest)| rest.split('"').next())
        .collect();
    let ids: BTreeSet<&str> = ids
        .into_iter()
        .filter(|id| id.starts_with("sgr-"))
        .collect();
    assert_eq!(ids.len(), 4, "{page}");
    let described = |what: &str| {
        let form = format!("Filter.1.Name=group-id&Filter.1.Value.1={group}");
        let answer = ec2(&served, "DescribeSecurityGroupRules", &form);
        let mut rules = answer.body.split("<securityGroupRuleId>").skip(1);
        let found = rules.find(|rule| rule.contains(what)).unwrap();
        found.split('<').next().unwrap().to_owned()
    };
    let (ssh, tcp_id, icmp_id) = (
        described("203.0.113.25/32"),
        described("::/0"),
        described("icmp"),
    );
    let form = rules_form(&[
        [&ssh, "ssh", "", "custom", "198.51.100.7/32", "office"],
        [&tcp_id, "custom-tcp", "8000-8080", "anywhere-ipv6", "", ""],
        [&icmp_id, "all-icmp", "", "custom", &other, ""],
        ["", "https", "", "anywhere-ipv4", "", ""],
    ]);
    browser.after(&browser.post(&edit, &borrowed(&form)));
    let ssh_now = rule("tcp", "22", "198.51.100.7/32", "office");
    let https = rule("tcp", "443", "0.0.0.0/0", "");
    assert_eq!(
        inbound(&served, &group),
        BTreeSet::from([ssh_now, tcp, icmp, https])
    );
    assert_eq!(described("198.51.100.7/32"), ssh, "it kept its id");

    // Outbound rules have a page of their own.
    let out = format!("{path}/edit-outbound");
    assert!(browser.page(&out).contains("Destination"));
    browser.after(&browser.post(&out, &[]));
    let page = browser.page(&format!("{path}/outbound"));
    assert!(page.contains("No outbound rules"), "{page}");
}

#[test]
fn a_refused_rule_is_said_at_its_row_and_no_rule_has_changed() {
    let (served, browser) = open();
    let group = create_group(&browser, "g");
    let edit = format!("/security-groups/{group}/edit-inbound");
    let first = rules_form(&[["", "ssh", "", "custom", "203.0.113.25/32", ""]]);
    browser.after(&browser.post(&edit, &borrowed(&first)));
    let before = inbound(&served, &group);
    let form = format!("Filter.1.Name=group-id&Filter.1.Value.1={group}");
    let answer = ec2(&served, "DescribeSecurityGroupRules", &form);
    let ssh = answer
        .body
        .split("<securityGroupRuleId>")
        .find(|rule| rule.contains("203.0.113.25"))
        .unwrap();
    let ssh = ssh.split('<').next().unwrap();
    let changed = [ssh, "ssh", "", "custom", "198.51.100.7/32", ""];
    let refused = [
        (
            ["", "ssh", "", "custom", "home", ""],
            "Peer",
            "CIDR block home is malformed",
        ),
        (
            ["", "ssh", "", "custom", "sg-0123456789abcdef0", ""],
            "Peer",
            "does not exist",
        ),
        (
            ["", "custom-tcp", "", "anywhere-ipv4", "", ""],
            "Ports",
            "Must specify both from and to ports with TCP/UDP.",
        ),
        (
            ["", "custom-tcp", "ssh", "anywhere-ipv4", "", ""],
            "Ports",
            "It should be an integer",
        ),
        (
            ["", "custom-udp", "70000", "anywhere-ipv4", "", ""],
            "Ports",
            "port (70000) out of range",
        ),
        (
            ["", "https", "", "anywhere-ipv4", "", "<b>"],
            "Description",
            "Invalid rule description.",
        ),
        (
            ["", "ssh", "", "custom", "203.0.113.25/32", ""],
            "Peer",
            "already exists",
        ),
    ];
    for (row, field, words) in refused {
        // Beside a good new row and a good change, neither of which is made then.
        let good = ["", "http", "", "anywhere-ipv4", "", ""];
        let form = rules_form(&[changed, good, row]);
        let page = browser.after(&browser.post(&edit, &borrowed(&form)));
        let said = error_at(&page, &format!("Rule-3-{field}"));
        assert!(said.contains(words), "{row:?}: {said}");
        assert_eq!(inbound(&served, &group), before, "{row:?}");
    }
}

#[test]
fn a_group_is_refused_at_its_field_and_deleted_only_when_nothing_uses_it() {
    let (served, browser) = open();
    create_group(&browser, "taken");
    for (name, description, field, words) in [
        ("taken", "d", "GroupName", "already exists for VPC"),
        (
            "",
            "d",
            "GroupName",
            "The request must contain the parameter GroupName",
        ),
        (
            "sg-mine",
            "d",
            "GroupName",
            "Group names may not be in the format sg-*.",
        ),
        ("a|b", "d", "GroupName", "Invalid security group name."),
        (
            "g",
            "",
            "GroupDescription",
            "The request must contain the parameter GroupDescription",
        ),
        (
            "g",
            "a|b",
            "GroupDescription",
            "Invalid security group description.",
        ),
    ] {
        let form = [("GroupName", name), ("GroupDescription", description)];
        let page = browser.after(&browser.post("/security-groups/create", &form));
        let said = error_at(&page, field);
        assert!(said.contains(words), "{name} {description}: {said}");
    }
    assert_eq!(group_names(&served).len(), 2);
    launch(&served, &browser);
    let id = |name: &str| {
        let answer = ec2(
            &served,
            "DescribeSecurityGroups",
            &format!("GroupName.1={name}"),
        );
        answer.first("groupId").to_owned()
    };
    for (name, words) in [
        ("launch-wizard-1", "has a dependent object"),
        ("default", "cannot be deleted by a user"),
        ("taken", "was deleted."),
    ] {
        let path = format!("/security-groups/{}/delete", id(name));
        browser.page(&path);
        let page = browser.after(&browser.post(&path, &[]));
        assert!(page.contains(words), "{name}: {page}");
    }
    assert_eq!(group_names(&served).len(), 2);
    let gone = "/security-groups/sg-0123456789abcdef0";
    assert_eq!(browser.get(gone).status, 404);
}

#[test]
fn an_elastic_ip_goes_to_an_instance_and_back_to_aws() {
    let (served, browser) = open();
    let id = launch(&served, &browser);
    let page = browser.after(&browser.post("/elastic-ips/allocate", &[]));
    assert!(page.contains("was allocated."), "{page}");
    let address = ec2(&served, "DescribeAddresses", "");
    let ip = address.first("publicIp").to_owned();
    let path = format!("/elastic-ips/{}", address.first("allocationId"));
    let associate = format!("{path}/associate");
    assert!(browser.page(&associate).contains(&format!("{id} (web)")));
    let page = browser.after(&browser.post(&associate, &[("InstanceId", "")]));
    error_at(&page, "InstanceId");
    let page = browser.after(&browser.post(&associate, &[("InstanceId", &id)]));
    assert!(
        page.contains(&format!("{ip} is now that of instance {id}.")),
        "{page}"
    );
    assert_eq!(ec2(&served, "DescribeInstances", "").first("ipAddress"), ip);
    let page = browser.page("/instances");
    assert!(page.contains("(Elastic IP)"), "{page}");
    // Another instance gets it only when that was ticked.
    let other = launch(&served, &browser);
    let form = [("InstanceId", other.as_str())];
    let page = browser.after(&browser.post(&associate, &form));
    let said = error_at(&page, "AllowReassociation");
    assert!(said.contains("is already associated with"), "{said}");
    let form = [form[0], ("AllowReassociation", "true")];
    browser.after(&browser.post(&associate, &form));
    let has = ec2(&served, "DescribeAddresses", "");
    assert_eq!(has.first("instanceId"), other);

    let disassociate = format!("{path}/disassociate");
    browser.page(&disassociate);
    let page = browser.after(&browser.post(&disassociate, &[]));
    assert!(page.contains("It is still in your account."), "{page}");
    let page = browser.after(&browser.post(&disassociate, &[]));
    assert!(page.contains("Not done."), "{page}");
    let release = format!("{path}/release");
    browser.page(&release);
    let page = browser.after(&browser.post(&release, &[]));
    assert!(page.contains(&format!("{ip} was released.")), "{page}");
    let left = ec2(&served, "DescribeAddresses", "");
    assert_eq!(left.all("publicIp").count(), 0);
    assert_eq!(browser.get(&release).status, 404);
    // AWS gives five and no more.
    for _ in 0..5 {
        ec2(&served, "AllocateAddress", "");
    }
    let page = browser.after(&browser.post("/elastic-ips/allocate", &[]));
    assert!(
        page.contains("The maximum number of addresses has been reached."),
        "{page}"
    );
}

#[test]
fn every_page_has_one_heading_labels_for_its_fields_no_id_twice_and_little_weight() {
    let (served, browser) = open();
    let script = "<script>alert(1)</script>\"'";
    let image = first_image(&browser);
    let form = with(launch_form(&image, " none"), "Name", script);
    browser.after(&browser.post("/instances/launch", &form));
    let id = ec2(&served, "DescribeInstances", "")
        .first("instanceId")
        .to_owned();
    let group = ec2(
        &served,
        "DescribeSecurityGroups",
        "GroupName.1=launch-wizard-1",
    )
    .first("groupId")
    .to_owned();
    let address = ec2(&served, "AllocateAddress", "")
        .first("allocationId")
        .to_owned();
    let mut paths: Vec<String> = [
        "/instances",
        "/instances/launch",
        "/security-groups",
        "/security-groups/create",
        "/elastic-ips",
        "/elastic-ips/allocate",
    ]
    .map(str::to_owned)
    .into();
    for end in [
        "",
        "/security",
        "/networking",
        "/storage",
        "/tags",
        "/connect",
        "/log",
        "/groups",
    ] {
        paths.push(format!("/instances/{id}{end}"));
    }
    for word in ["stop", "reboot", "terminate"] {
        paths.push(format!("/instances/change/{word}/{id}"));
    }
    for end in [
        "",
        "/outbound",
        "/edit-inbound",
        "/edit-outbound",
        "/delete",
    ] {
        paths.push(format!("/security-groups/{group}{end}"));
    }
    for end in ["associate", "disassociate", "release"] {
        paths.push(format!("/elastic-ips/{address}/{end}"));
    }
    let front = browser.page("/");
    let assets: usize = front
        .split('"')
        .filter(|path| path.starts_with("/assets/"))
        .map(|path| browser.get(path).body.len())
        .sum();
    for path in paths {
        let page = browser.page(&path);
        assert_eq!(page.matches("<h1").count(), 1, "{path}");
        assert!(!page.contains("<script>alert"), "{path}");
        for inline in [" style=", " onclick="] {
            assert!(!page.contains(inline), "{path} has {inline}");
        }
        let ids: Vec<&str> = page
            .split(" id=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        let once: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(once.len(), ids.len(), "{path} has an id twice: {ids:?}");
        let controls = ["<input ", "<select ", "<textarea "];
        for control in controls.iter().flat_map(|tag| page.split(tag).skip(1)) {
            let control = control.split('>').next().unwrap();
            if control.contains("type=\"hidden\"") || control.contains("aria-label=") {
                continue;
            }
            let (_, id) = control
                .split_once("id=\"")
                .unwrap_or_else(|| panic!("{path}: a field without an id: {control}"));
            let id = id.split('"').next().unwrap();
            assert!(
                page.contains(&format!("<label for=\"{id}\">")),
                "{path}: {id} has no label"
            );
        }
        for reference in ["aria-describedby=\"", "aria-labelledby=\""] {
            for names in page.split(reference).skip(1) {
                for name in names.split('"').next().unwrap().split(' ') {
                    assert!(once.contains(name), "{path}: nothing has the id {name}");
                }
            }
        }
        let all = assets + page.len();
        assert!(all < 60_000, "{path}: {all}");
    }
}
