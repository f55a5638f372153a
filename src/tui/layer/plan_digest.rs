//! A plan in figures: counted once, when it is made, because it may hold 600,000 mailboxes.

use std::collections::BTreeMap;

use crate::domain::{PlanContent, Severity, rules};

/// A reason and how often it stands in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Name of the rule.
    pub rule: String,
    /// How much it weighs.
    pub severity: Severity,
    /// How many mailboxes it concerns; 0 for the whole run.
    pub count: u64,
    /// The sentence of its first appearance.
    pub text: String,
    /// What to do, as the catalogue of rules says.
    pub advice: Option<&'static str>,
}

/// The figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanDigest {
    /// Mailboxes that will change with a warning.
    pub warned: u64,
    /// Reasons about the run first, then by weight, then by count.
    pub reasons: Vec<Reason>,
}

impl PlanDigest {
    /// Counts.
    pub fn of(content: &PlanContent) -> Self {
        let mut by_rule: BTreeMap<(Severity, &str), (u64, &str)> = BTreeMap::new();
        let mut warned = 0;
        for (item, blocked) in content
            .items
            .iter()
            .map(|item| (item, false))
            .chain(content.blocked.iter().map(|item| (item, true)))
        {
            let warns = item
                .findings
                .iter()
                .any(|finding| finding.severity == Severity::Warn);
            warned += u64::from(warns && !blocked);
            for finding in &item.findings {
                let counted = by_rule
                    .entry((finding.severity, finding.rule.as_str()))
                    .or_insert((0, finding.text.as_str()));
                counted.0 += 1;
            }
        }
        let reason = |rule: &str, severity, count, text: &str| Reason {
            rule: rule.to_owned(),
            severity,
            count,
            text: text.to_owned(),
            advice: rules::rule(rule).map(|known| known.advice.as_str()),
        };
        let mut reasons: Vec<Reason> = content
            .run_findings
            .iter()
            .map(|finding| reason(&finding.rule, finding.severity, 0, &finding.text))
            .collect();
        reasons.extend(
            by_rule
                .into_iter()
                .map(|((severity, rule), (count, text))| reason(rule, severity, count, text)),
        );
        reasons.sort_by_key(|reason| {
            (
                reason.count > 0,
                std::cmp::Reverse(reason.severity),
                std::cmp::Reverse(reason.count),
            )
        });
        Self { warned, reasons }
    }
}
