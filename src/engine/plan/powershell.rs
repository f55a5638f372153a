//! The same plan as a script for the ExchangeOnlineManagement module, for those who may not use an undocumented endpoint.
//!
//! The script is pure ASCII: Windows PowerShell reads a file without a mark in the code page of the machine, where bytes
//! of UTF-8 can become quotes. Values stand in single quotes with quotes doubled and all other characters as numbers;
//! names appear only in comments, on one line, reduced to ASCII.

use std::fmt::Write;

use crate::domain::{Change, Plan, PlanItem, Severity, Target, text::clean};

/// Writes the script.
pub fn powershell(plan: &Plan) -> String {
    let content = &plan.content;
    let mut script = String::new();
    head(plan, &mut script);
    match &content.change {
        Change::SetAuthority { target } => {
            items(&content.items, &mut script);
            authority(*target, &mut script);
        }
        Change::SetAddresses { before, after } => {
            items(&content.items, &mut script);
            addresses(before, after, &mut script);
        }
        Change::SetTenantDefault { target } => tenant_default(*target, &mut script),
    }
    script
}

/// A PowerShell expression for a text: single-quoted, quotes doubled, everything outside printable ASCII as a number.
fn quoted(text: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut plain = String::new();
    for unit in text.encode_utf16() {
        match u8::try_from(unit)
            .ok()
            .filter(|byte| (b' '..=b'~').contains(byte))
        {
            Some(b'\'') => plain.push_str("''"),
            Some(byte) => plain.push(char::from(byte)),
            None => {
                parts.push(format!("'{plain}'"));
                plain.clear();
                parts.push(format!("[char]0x{unit:04x}"));
            }
        }
    }
    parts.push(format!("'{plain}'"));
    if parts.len() == 1 {
        parts.concat()
    } else {
        format!("({})", parts.join(" + "))
    }
}

/// A text for a comment: one line of ASCII, without what could end a comment or start a parameter.
fn comment(text: &str) -> String {
    clean(text)
        .chars()
        .map(|character| match character {
            '`' | '#' | '<' | '>' => '_',
            ' '..='~' => character,
            _ => '?',
        })
        .take(200)
        .collect()
}

fn head(plan: &Plan, script: &mut String) {
    let content = &plan.content;
    let what = match &content.change {
        Change::SetAuthority { target } => format!("sets IsExchangeCloudManaged to {}", target.flag()),
        Change::SetAddresses { .. } => "replaces the e-mail addresses of one mailbox".to_owned(),
        Change::SetTenantDefault { .. } => "switches the tenant-wide default for new mailboxes".to_owned(),
    };
    // Writing to a string can't fail.
    let _ = writeln!(
        script,
        "# Handover {version}: this script {what}.\n\
         # Tenant:  {domain} ({id})\n\
         # Plan:    {sha}\n\
         # Made:    {at} by {who}\n\
         # Items:   {count}\n\
         #\n\
         # Without -Apply it only shows what it would do. It needs the module ExchangeOnlineManagement\n\
         # and the role Exchange Administrator.",
        version = comment(&content.tool_version),
        domain = comment(&content.tenant.domain),
        id = comment(&content.tenant.id),
        sha = comment(&plan.sha256),
        at = content.created_at,
        who = comment(&content.created_by),
        count = content.items.len(),
    );
    let blocking = content
        .run_findings
        .iter()
        .filter(|finding| finding.severity == Severity::Block);
    for finding in blocking {
        let _ = writeln!(script, "#\n# DO NOT RUN THIS YET: {}", comment(&finding.text));
    }
    if content.change.target() == Target::OnPremises
        && !content.overwrites.is_empty()
        && !content.loss_accepted
    {
        let _ = writeln!(
            script,
            "#\n# DO NOT RUN THIS YET: {} values would be lost, and nobody has accepted that.",
            content.overwrites.len()
        );
    }
    for sentence in &content.irreversible {
        let _ = writeln!(script, "#\n# Can't be undone: {}", comment_lines(sentence));
    }
    script.push_str(PREAMBLE);
    let _ = writeln!(
        script,
        "$tenantId = {}\n$tenantDomain = {}\n",
        quoted(&content.tenant.id),
        quoted(&content.tenant.domain)
    );
    script.push_str(CONNECT);
}

/// A long sentence over several comment lines.
fn comment_lines(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in clean(text).split(' ') {
        let word = comment(word);
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < 100 => {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines.join("\n#   ")
}

fn items(items: &[PlanItem], script: &mut String) {
    script.push_str("# Object ids of the mailboxes. Names are for reading only.\n$items = @(\n");
    for item in items {
        let _ = writeln!(
            script,
            "    {} # {} {}",
            quoted(&item.id.to_string()),
            comment(&item.primary_smtp_address),
            comment(&item.display_name)
        );
    }
    script.push_str(")\n\n");
}

fn authority(target: Target, script: &mut String) {
    let flag = if target.flag() { "$true" } else { "$false" };
    script.push_str(
        &LOOP
            .replace("@NEEDED@", &format!("$before.IsExchangeCloudManaged -ne {flag}"))
            .replace(
                "@WRITE@",
                // Alone in its call: the parameter has a set of its own.
                &format!("Set-Mailbox -Identity $id -IsExchangeCloudManaged {flag} -ErrorAction Stop"),
            )
            .replace("@PROVEN@", &format!("$after.IsExchangeCloudManaged -eq {flag}")),
    );
}

fn addresses(before: &[String], after: &[String], script: &mut String) {
    let list = |addresses: &[String]| {
        addresses
            .iter()
            .map(|address| quoted(address))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let _ = writeln!(
        script,
        "$expected = @({})\n$wanted = @({})\n",
        list(before),
        list(after)
    );
    script.push_str(SAME_LIST);
    script.push_str(
        &LOOP
            .replace("@NEEDED@", "-not (Test-SameList $before.EmailAddresses $wanted)")
            .replace(
                "@WRITE@",
                "if (-not (Test-SameList $before.EmailAddresses $expected)) { throw 'The addresses changed since the plan was made.' }\n            \
                 Set-Mailbox -Identity $id -EmailAddresses $wanted -ErrorAction Stop",
            )
            .replace("@PROVEN@", "Test-SameList $after.EmailAddresses $wanted"),
    );
}

fn tenant_default(target: Target, script: &mut String) {
    let (parameter, proof) = match target {
        Target::Cloud => ("ExchangeAttributesCloudManagedByDefault", "$true"),
        Target::OnPremises => ("ExchangeAttributesServerManagedByDefault", "$false"),
    };
    script.push_str(
        &TENANT_DEFAULT
            .replace("@PARAMETER@", parameter)
            .replace("@PROOF@", proof),
    );
}

const PREAMBLE: &str = r"
[CmdletBinding()]
param(
    # Writes. Without it the script only shows what it would do.
    [switch]$Apply,
    # Where backup and results are kept. They hold personal data.
    [string]$LogFolder = (Join-Path (Get-Location) ('handover-' + (Get-Date -Format 'yyyyMMdd-HHmmss'))),
    # Stops after so many failures in a row.
    [ValidateRange(1, 1000)]
    [int]$StopAfter = 3
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

";

const CONNECT: &str = r"Import-Module ExchangeOnlineManagement
Connect-ExchangeOnline -ShowBanner:$false

# The right tenant? A plan belongs to exactly one.
$connection = Get-ConnectionInformation | Where-Object { $_.State -eq 'Connected' } | Select-Object -First 1
if ($null -eq $connection) { throw 'There is no connection to Exchange Online.' }
if ([string]$connection.TenantID -ne $tenantId) {
    throw ('Connected to tenant ' + $connection.TenantID + ', but the plan is for ' + $tenantId + '. Nothing was changed.')
}
$domains = @(Get-AcceptedDomain | ForEach-Object { [string]$_.DomainName })
if ($domains -notcontains $tenantDomain) {
    throw ('The tenant does not have the domain ' + $tenantDomain + '. Nothing was changed.')
}
$organization = Get-OrganizationConfig
Write-Host ('Connected to ' + $organization.Name + '.')

if ($Apply) {
    New-Item -ItemType Directory -Path $LogFolder -Force | Out-Null
} else {
    Write-Host 'Trial only. Add -Apply to write.'
}

";

const SAME_LIST: &str = r"# Same addresses, order aside; the prefix counts, because upper case marks the primary.
function Test-SameList($left, $right) {
    $a = @($left | ForEach-Object { [string]$_ } | Sort-Object)
    $b = @($right | ForEach-Object { [string]$_ } | Sort-Object)
    if ($a.Count -ne $b.Count) { return $false }
    for ($i = 0; $i -lt $a.Count; $i++) { if ($a[$i] -cne $b[$i]) { return $false } }
    return $true
}

";

const LOOP: &str = r"$backup = Join-Path $LogFolder 'backup.jsonl'
$results = Join-Path $LogFolder 'results.csv'
$inARow = 0
$number = 0
foreach ($id in $items) {
    $number++
    $outcome = 'failed'
    $message = ''
    try {
        $before = Get-Mailbox -Identity $id -ErrorAction Stop
        if ([string]$before.ExternalDirectoryObjectId -ne $id) { throw 'Another mailbox answered to this id.' }
        if (-not (@NEEDED@)) {
            $outcome = 'already-there'
        } elseif (-not $Apply) {
            $outcome = 'would-write'
        } else {
            # The backup is on disk before the write.
            $line = $before | Select-Object * | ConvertTo-Json -Depth 6 -Compress
            [System.IO.File]::AppendAllText($backup, $line + [Environment]::NewLine)
            $problem = $null
            try {
                @WRITE@
            } catch {
                # Some successful calls report an error: the re-read decides.
                $problem = $_
            }
            $after = Get-Mailbox -Identity $id -ErrorAction Stop
            if (@PROVEN@) {
                $outcome = 'done'
            } elseif ($null -ne $problem) {
                $message = [string]$problem
            } else {
                $message = 'The call succeeded, but the mailbox did not change.'
            }
        }
    } catch {
        $message = [string]$_
    }
    Write-Host ('{0}/{1} {2} {3} {4}' -f $number, @($items).Count, $id, $outcome, $message)
    if ($Apply) {
        [pscustomobject]@{
            Time = (Get-Date).ToUniversalTime().ToString('o'); Id = $id; Outcome = $outcome; Message = $message
        } | Export-Csv -Path $results -Append -NoTypeInformation -Encoding UTF8
    }
    if ($outcome -eq 'failed') {
        $inARow++
        if ($inARow -ge $StopAfter) { throw ('Stopped after ' + $inARow + ' failures in a row. Last: ' + $message) }
    } else {
        $inARow = 0
    }
}
";

const TENANT_DEFAULT: &str = r"if ($organization.BlockExchangeProvisioningFromOnPremEnabled -eq @PROOF@) {
    Write-Host 'The default is set already.'
} elseif (-not $Apply) {
    Write-Host 'Would run: Set-OrganizationConfig -@PARAMETER@'
} else {
    $line = $organization | Select-Object * | ConvertTo-Json -Depth 6 -Compress
    [System.IO.File]::AppendAllText((Join-Path $LogFolder 'backup.jsonl'), $line + [Environment]::NewLine)
    Set-OrganizationConfig -@PARAMETER@
    if ((Get-OrganizationConfig).BlockExchangeProvisioningFromOnPremEnabled -ne @PROOF@) {
        throw 'The call succeeded, but the default did not change.'
    }
    Write-Host 'Done.'
}
";

#[cfg(test)]
#[path = "powershell_tests.rs"]
mod tests;
