//! The JSON schema of `lesson.toml`, for editors: made of the types that read it, so that it cannot say anything else.

use crate::course::shape::written::Written;

/// The schema, draft 2020-12. What no schema can say (that a step's text is there, that names lead somewhere) is
/// [`crate::course::shape::read`]'s to find.
pub fn lesson() -> serde_json::Value {
    schemars::schema_for!(Written).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::catalogue;
    use crate::course::shape;

    /// What the schema says against it; nothing when it is as it should be.
    fn against(text: &str) -> Option<String> {
        let mut schemas = boon::Schemas::new();
        let mut compiler = boon::Compiler::new();
        compiler.add_resource("lesson.json", lesson()).unwrap();
        let schema = compiler.compile("lesson.json", &mut schemas).unwrap();
        let value: toml::Value = toml::from_str(text).unwrap();
        let value = serde_json::to_value(value).unwrap();
        let found = schemas.validate(&value, schema).err();
        found.map(|error| error.to_string())
    }

    #[test]
    fn every_shipped_lesson_is_as_the_schema_says() {
        for (slug, files) in catalogue::folders() {
            assert_eq!(against(&files["lesson.toml"]), None, "{slug}");
        }
        let new = include_str!("../../../fixtures/new-lesson/lesson.toml");
        assert_eq!(against(new), None);
    }

    #[test]
    fn what_the_reader_refuses_in_the_toml_the_schema_refuses_too() {
        let good = r#"format = 1
title = "Small"
worlds = ["simulator"]
[machines]
post_quantum = true
[[start.files]]
path = "a"
text = "b"
[[start.key_pairs]]
name = "k"
mode = "600"
[[start.security_groups]]
name = "g"
inbound = [{ port = 22, from = "me" }]
[[start.instances]]
name = "i"
image = "debian"
[[start.addresses]]
name = "a"
[start.riddles]
names = ["r"]
pools = [["stopped", "ubuntu"]]
[[steps]]
id = "one"
goal = "Do it."
points = 1
[[steps.checks]]
expect.copied = { to = true }
[[steps.faults]]
action = "RunInstances"
meets.slow = { seconds = 2 }
[steps.hints]
1 = "Think."
[[steps]]
id = "two"
goal = "Say it."
points = 1
[[steps.questions]]
ask = "What?"
choices.a = "this"
choices.b = "that"
answer = "a"
why = "So."
[steps.hints]
1 = "Choose."
"#;
        let read = |text: &str| {
            let files = [
                ("lesson.toml", text),
                ("one.md", "Do it.\n"),
                ("two.md", "Say it.\n"),
                ("done.md", "Done.\n"),
                (
                    "solution.sh",
                    "# step: one\ntrue\n# step: two\nlab answer a\n",
                ),
            ];
            let owned = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
            shape::read("s", &owned.into())
        };
        assert!(read(good).is_ok(), "{:?}", read(good));
        assert_eq!(against(good), None);
        for (from, to) in [
            ("title =", "stars = 5\ntitle ="),
            ("title =", "offer_hint_after_minutes = 0\ntitle ="),
            ("title =", "offer_hint_after_minutes = \"5\"\ntitle ="),
            ("post_quantum", "post_quantun"),
            ("path = \"a\"", "path = \"a\"\nmode = \"400\""),
            ("mode = \"600\"", "mode = \"9\""),
            ("mode = \"600\"", "mode = 600"),
            ("mode = \"600\"", "made = \"600\""),
            ("name = \"g\"", "name = \"g\"\nopen = true"),
            ("port = 22", "port = 70000"),
            ("from = \"me\"", "from = \"me\", to = \"you\""),
            ("image = \"debian\"", "image = \"windows\""),
            ("image = \"debian\"", "stoped = true"),
            ("[[start.addresses]]", "[[start.addresses]]\nid = \"x\""),
            ("names = [\"r\"]", "names = [\"r\"]\nseed = 1"),
            ("\"stopped\"", "\"broken\""),
            ("[[start.files]]", "[[start.disks]]"),
            ("id = \"one\"", "id = \"One\""),
            ("goal", "gaol"),
            ("goal = \"Do it.\"\n", ""),
            ("points = 1", "points = 0"),
            ("points = 1", "points = \"1\""),
            ("copied", "coped"),
            ("{ to = true }", "{ to = true, from = true }"),
            ("{ to = true }", "{}"),
            ("expect.copied", "hope.copied"),
            ("why =", "because ="),
            ("answer = \"a\"", "answer = \"a or b\""),
            ("choices.b = \"that\"\n", ""),
            ("meets.slow = { seconds = 2 }", "meets = \"Thunder\""),
            (
                "meets.slow = { seconds = 2 }",
                "meets.slow = { minutes = 2 }",
            ),
            (
                "meets.slow = { seconds = 2 }",
                "meets.slow = { seconds = 0 }",
            ),
            ("meets.slow", "times = 0\nmeets.slow"),
            ("action =", "acton ="),
            ("1 = \"Think.\"", "4 = \"Think.\""),
            (
                "1 = \"Think.\"",
                "1 = \"Think.\"\n[steps.mistakes]\nwrong_usr = \"x\"",
            ),
            ("[\"simulator\"]", "[\"simulater\"]"),
            ("[\"simulator\"]", "[]"),
            ("format = 1", "format = 2"),
        ] {
            assert!(good.contains(from), "{from}");
            let text = good.replacen(from, to, 1);
            assert!(read(&text).is_err(), "the reader takes {to}");
            assert!(against(&text).is_some(), "the schema takes {to}");
        }
    }

    #[test]
    fn an_editor_can_show_what_each_field_is_for() {
        let schema = lesson();
        let text = schema.to_string();
        assert!(text.contains("A key pair is in the account."), "{text}");
        let described = |place: &str| {
            let properties = schema.pointer(place).and_then(|all| all.as_object());
            let properties = properties.unwrap_or_else(|| panic!("{place}"));
            for (name, property) in properties {
                assert!(property.get("description").is_some(), "{place}/{name}");
            }
        };
        described("/properties");
        described("/$defs/Step/properties");
        described("/$defs/Start/properties");
        assert!(!text.contains("crate::"), "a path of the source is shown");
    }
}
