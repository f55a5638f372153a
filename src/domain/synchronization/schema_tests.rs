//! The one edit of a schema, held against every byte it must not touch.

use proptest::prelude::*;

use super::*;

fn writeback() -> ObjectMappingSelector {
    ObjectMappingSelector {
        rule: Some("r1".to_owned()),
        source: Some("User".to_owned()),
        target: Some("user".to_owned()),
        name: None,
    }
}

fn mail() -> DirectMapping {
    DirectMapping {
        source: "Mail".to_owned(),
        target: "mail".to_owned(),
    }
}

const SCHEMA: &str = r#"{
  "@odata.context" : "x", "unknown": [1.50, 1E+30, 12345678901234567890123, "\u0041\/"],
  "synchronizationRules": [
    {"id":"r0","objectMappings":null, "x":{}},
    {"z":1,"id":"r1","name":"Rule","containerFilter":{"includedContainers":["OU=A,DC=b"]},"objectMappings":[
      {"name":"Groups","sourceObjectName":"Group","targetObjectName":"group","attributeMappings":[]},
      {"name":"Users","enabled":"True","sourceObjectName":"user","targetObjectName":"User","odd": 1.0,
       "attributeMappings":[
         {"targetAttributeName":"proxyAddresses","source":{"type":"attribute","name":"ProxyAddresses","expression":"[ProxyAddresses]"}}
       ]}
    ]}
  ],
  "version":"Date:2026"
}"#;

fn without(edited: &[u8], original: &[u8]) -> Option<Vec<u8>> {
    // What was added is one piece: the text before and the text after it are those of the original.
    let before = edited
        .iter()
        .zip(original)
        .take_while(|(one, other)| one == other)
        .count();
    let added = edited.len().checked_sub(original.len())?;
    (edited[before + added..] == original[before..]).then(|| edited[before..before + added].to_vec())
}

#[test]
fn the_view_shows_scope_and_mappings() {
    let view = SchemaView::read(SCHEMA.as_bytes()).unwrap();
    assert_eq!((view.version.as_str(), view.rules.len()), ("Date:2026", 2));
    let rule = &view.rules[1];
    assert_eq!(
        (rule.containers(), rule.groups().len()),
        (&["OU=A,DC=b".to_owned()][..], 0)
    );
    let users = &rule.mappings[1];
    assert!(users.enabled && users.attributes[0].is_direct("proxyaddresses", "ProxyAddresses"));
    assert!(!users.attributes[0].is_direct("mail", "ProxyAddresses"));
    for nonsense in [&b"[]"[..], b"", b"\xff", b"{"] {
        assert!(SchemaView::read(nonsense).is_err());
    }
}

#[test]
fn one_mapping_is_added_and_every_other_byte_stays() {
    let edited = add_attribute_mapping(SCHEMA.as_bytes(), &writeback(), &mail()).unwrap();
    let added = String::from_utf8(without(&edited, SCHEMA.as_bytes()).unwrap()).unwrap();
    assert!(
        added
            .trim_start_matches([',', ' ', '\n'])
            .starts_with("{\"defaultValue\":null,\"exportMissingReferences\":false")
    );
    let view = SchemaView::read(&edited).unwrap();
    assert!(view.rules[1].mappings[1].attributes[1].is_direct("Mail", "mail"));
    assert!(matches!(
        add_attribute_mapping(&edited, &writeback(), &mail()),
        Err(SchemaError::AlreadyMapped { .. })
    ));
    let marked = [b"\xef\xbb\xbf", SCHEMA.as_bytes()].concat();
    let edited = add_attribute_mapping(&marked, &writeback(), &mail()).unwrap();
    assert!(without(&edited, &marked).is_some() && SchemaView::read(&edited).is_ok());
}

#[test]
fn lists_that_are_empty_null_or_missing_are_made() {
    for mapping in [
        r#"{"attributeMappings":[ ]}"#,
        r#"{"attributeMappings" : null ,"b":1}"#,
        r#"{ "b" : 1 }"#,
        "{}",
        "{ }",
    ] {
        let schema = format!(r#"{{"synchronizationRules":[{{"objectMappings":[ {mapping} ]}}],"q":1}}"#);
        let edited =
            add_attribute_mapping(schema.as_bytes(), &ObjectMappingSelector::default(), &mail()).unwrap();
        let view = SchemaView::read(&edited).unwrap();
        assert_eq!(view.rules[0].mappings[0].attributes.len(), 1, "{mapping}");
        let text = String::from_utf8(edited).unwrap();
        assert!(
            text.starts_with("{\"synchronizationRules\":[{\"objectMappings\":[ ")
                && text.ends_with(" ]}],\"q\":1}")
        );
    }
}

#[test]
fn what_is_not_clear_is_refused() {
    let any = ObjectMappingSelector::default();
    let error = add_attribute_mapping(SCHEMA.as_bytes(), &any, &mail()).unwrap_err();
    assert!(
        matches!(error, SchemaError::Ambiguous { count: 2, .. }),
        "{error}"
    );
    let none = ObjectMappingSelector {
        name: Some("Printers".to_owned()),
        ..any
    };
    let error = add_attribute_mapping(SCHEMA.as_bytes(), &none, &mail()).unwrap_err();
    assert!(error.to_string().ends_with("no object mapping name `Printers`"));
    for nonsense in [&b"{}"[..], b"", b"\xff\xfe", b"{\"synchronizationRules\":7}"] {
        assert!(matches!(
            add_attribute_mapping(nonsense, &none, &mail()),
            Err(SchemaError::Unreadable(_))
        ));
    }
}

/// JSON text of any value, with white space and numbers that no number type keeps.
fn any_text() -> impl Strategy<Value = String> {
    let number = "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?";
    let word = "[a-zA-Z \\u{e4}\\u{20ac}]{0,8}".prop_map(|word| Value::from(word).to_string());
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        number,
        word,
        Just(r#""\u00e4\/\n""#.to_owned())
    ];
    leaf.prop_recursive(3, 40, 5, |inner| {
        let space = "[ \\n\\t]{0,2}";
        prop_oneof![
            (proptest::collection::vec(inner.clone(), 0..4), space).prop_map(|(items, space)| format!(
                "[{space}{}{space}]",
                items.join(&format!("{space},{space}"))
            )),
            (proptest::collection::vec(inner, 0..4), space).prop_map(|(items, space)| {
                let members: Vec<String> = items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| format!("\"m{index}\"{space}:{space}{item}"))
                    .collect();
                format!("{{{space}{}{space}}}", members.join(&format!("{space},{space}")))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_schema_keeps_its_bytes(
        before in proptest::collection::vec(any_text(), 0..4),
        inside in proptest::collection::vec(any_text(), 0..4),
        elements in proptest::collection::vec(any_text(), 0..5),
        space in "[ \\n\\r\\t]{0,3}",
    ) {
        let members = |texts: &[String]| -> String {
            texts.iter().enumerate().map(|(index, text)| format!("\"unknown{index}\"{space}:{text},{space}")).collect()
        };
        let list = elements.join(&format!("{space},{space}"));
        let schema = format!(
            "{space}{{{}\"synchronizationRules\"{space}:[{{{}\"objectMappings\":[{{{}\"attributeMappings\"{space}:[{space}{list}{space}]{space}}}]}}]{space}}}{space}",
            members(&before), members(&inside), members(&before),
        );
        let edited = add_attribute_mapping(schema.as_bytes(), &ObjectMappingSelector::default(), &mail()).unwrap();
        let added = without(&edited, schema.as_bytes()).expect("one piece was added and nothing else changed");
        prop_assert!(String::from_utf8(added).unwrap().contains("targetAttributeName"));
        let one: Value = serde_json::from_slice(&edited).unwrap();
        let after = one["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"].as_array().unwrap();
        prop_assert_eq!(after.len(), elements.len() + 1);
        prop_assert_eq!(&after[elements.len()]["source"]["expression"], "[Mail]");
    }

    #[test]
    fn any_bytes_are_refused_or_edited(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in any_text()) {
        let _ = add_attribute_mapping(&bytes, &ObjectMappingSelector::default(), &mail());
        let _ = add_attribute_mapping(text.as_bytes(), &ObjectMappingSelector::default(), &mail());
        let _ = SchemaView::read(text.as_bytes());
    }
}
