//! The table of rules: names, weights, texts and advice, from `assets/rules.toml`.

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;

use crate::domain::{Finding, Severity, Target};

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleScope {
    /// The whole run.
    Run,
    /// One mailbox.
    Mailbox,
    /// Found while a plan is made, outside the checks.
    Plan,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rule {
    /// Stable name, such as `not-dir-synced`.
    pub name: String,
    /// What it is about.
    pub scope: RuleScope,
    /// Weight on the way to the cloud; nothing when it does not apply.
    pub to_cloud: Option<Severity>,
    /// Weight on the way back; nothing when it does not apply.
    pub to_on_premises: Option<Severity>,
    /// What was found; `{}` stands for the detail.
    pub text: String,
    /// What to do.
    pub advice: String,
}

impl Rule {
    /// Weight in a direction; nothing when the rule does not apply there.
    pub fn severity(&self, target: Target) -> Option<Severity> {
        match target {
            Target::Cloud => self.to_cloud,
            Target::OnPremises => self.to_on_premises,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    rule: Vec<Rule>,
}

/// The file is part of the program; that it parses and is complete is proven by tests.
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    toml::from_str::<RuleFile>(include_str!("../../../assets/rules.toml"))
        .map(|file| file.rule)
        .unwrap_or_default()
});

static BY_NAME: LazyLock<HashMap<&'static str, &'static Rule>> =
    LazyLock::new(|| RULES.iter().map(|rule| (rule.name.as_str(), rule)).collect());

/// Every rule, run checks first.
pub fn rules() -> &'static [Rule] {
    &RULES
}

/// The rule of that name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    BY_NAME.get(name).copied()
}

/// What a rule found, with its detail; nothing when the rule does not apply in this direction. The detail must be clean.
pub fn finding(name: &str, detail: &str, target: Target) -> Option<Finding> {
    let Some(rule) = rule(name) else {
        // A condition without a row in the table must not pass in silence.
        return Some(Finding {
            rule: name.to_owned(),
            severity: Severity::Block,
            text: detail.to_owned(),
            advice: None,
        });
    };
    Some(Finding {
        rule: rule.name.clone(),
        severity: rule.severity(target)?,
        text: rule.text.replacen("{}", detail, 1),
        advice: Some(rule.advice.as_str().into()),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::rules::{MAILBOX_RULES, RUN_RULES};

    #[test]
    fn the_table_parses_and_names_are_unique() {
        let file: RuleFile = toml::from_str(include_str!("../../../assets/rules.toml")).unwrap();
        let names: BTreeSet<&str> = file.rule.iter().map(|rule| rule.name.as_str()).collect();
        assert_eq!(names.len(), file.rule.len());
        for rule in &file.rule {
            assert!(
                rule.to_cloud.or(rule.to_on_premises).is_some(),
                "{} never applies",
                rule.name
            );
            assert!(!rule.advice.is_empty() && !rule.text.is_empty(), "{}", rule.name);
        }
    }

    #[test]
    fn every_row_has_its_condition_and_every_condition_its_row() {
        let in_table = |scope| -> BTreeSet<&str> {
            rules()
                .iter()
                .filter(|rule| rule.scope == scope)
                .map(|rule| rule.name.as_str())
                .collect()
        };
        let run: BTreeSet<&str> = RUN_RULES.iter().map(|(name, _)| *name).collect();
        let mailbox: BTreeSet<&str> = MAILBOX_RULES.iter().map(|(name, _)| *name).collect();
        assert_eq!(in_table(RuleScope::Run), run);
        assert_eq!(in_table(RuleScope::Mailbox), mailbox);
    }
}
