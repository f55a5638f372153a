# Reads registry keys and tells what it found as JSON. It changes nothing: a test lists every command it may use.
# $Keys holds full paths that start with the long name of the hive. Works from PowerShell 2.0 up, in any strict mode.
# Where a policy allows only the constrained language, .NET can not be used: then reg.exe reads the values.
$Hives = @{
    'HKEY_LOCAL_MACHINE'  = 'LocalMachine'
    'HKEY_CURRENT_USER'   = 'CurrentUser'
    'HKEY_CLASSES_ROOT'   = 'ClassesRoot'
    'HKEY_USERS'          = 'Users'
    'HKEY_CURRENT_CONFIG' = 'CurrentConfig'
}

function Format-Text($Text) {
    $Text = "$Text"
    if ($Text -cmatch '\A[ !#-\[\]-~]*\z') { return '"' + $Text + '"' }
    $Parts = foreach ($Character in [char[]]$Text) {
        $Code = [int]$Character
        if ($Code -lt 32 -or $Code -gt 126 -or $Code -eq 34 -or $Code -eq 92) { '\u{0:x4}' -f $Code } else { $Character }
    }
    return '"' + (-join $Parts) + '"'
}

function Format-Data($Data) {
    if ($null -eq $Data) { return 'null' }
    if ($Data -is [byte[]]) {
        $Digits = foreach ($Byte in $Data) { '{0:x2}' -f $Byte }
        return '"' + (-join $Digits) + '"'
    }
    if ($Data -is [array]) {
        $Texts = foreach ($Text in $Data) { Format-Text $Text }
        return '[' + (@($Texts) -join ',') + ']'
    }
    if ($Data -is [string]) { return Format-Text $Data }
    return '"' + $Data + '"'
}

# The highest key on the way to a missing one that is missing too.
function Find-Gone($Base, $Rest) {
    while ($true) {
        $Above = $Rest -replace '\\[^\\]*\z', ''
        if ($Above -eq $Rest) { return $Rest }
        try { if ($null -ne $Base.OpenSubKey($Above)) { return $Rest } } catch { return $Rest }
        $Rest = $Above
    }
}

# Through .NET, which keeps the type and the raw data of each value.
function Read-Key($Path) {
    $Hive, $Rest = $Path -split '\\', 2
    $Base = $null
    # The view of 64-bit programs, whatever this process is. .NET 2 has no such choice.
    try { $Base = [Microsoft.Win32.RegistryKey]::OpenBaseKey($Hives[$Hive], 'Registry64') }
    catch {
        $Name = $Hives[$Hive]
        $Base = [Microsoft.Win32.Registry]::$Name
    }
    try {
        $Key = $Base.OpenSubKey($Rest)
        if ($null -eq $Key) {
            $Gone = $Hive + '\' + (Find-Gone $Base $Rest)
            return '"state":"missing","gone":' + (Format-Text $Gone)
        }
        $Values = foreach ($Name in $Key.GetValueNames()) {
            $Kind = [int]$Key.GetValueKind($Name)
            $Data = $Key.GetValue($Name, $null, 'DoNotExpandEnvironmentNames')
            '[' + (Format-Text $Name) + ',' + $Kind + ',' + (Format-Data $Data) + ']'
        }
        return '"state":"read","values":[' + (@($Values) -join ',') + ']'
    }
    catch {
        $Cause = $_.Exception.GetBaseException()
        $State = 'failed'
        if ($Cause -is [System.Security.SecurityException]) { $State = 'denied' }
        if ($Cause -is [System.UnauthorizedAccessException]) { $State = 'denied' }
        return '"state":"' + $State + '","message":' + (Format-Text $Cause.Message)
    }
}

# Without .NET: whether the key is there, and the lines of reg.exe as they are. PowerShell takes a slash in the name of a key
# for a separator, so such a key is left to reg.exe, which does not say in any one language whether a key is missing.
function Read-KeyLines($Path) {
    try { if ($Path -notmatch '/') { $null = Get-Item -LiteralPath "Registry::$Path" -ErrorAction Stop } }
    catch {
        $State = 'failed'
        if ("$($_.CategoryInfo.Category)" -eq 'ObjectNotFound') { $State = 'missing' }
        if ("$($_.CategoryInfo.Category)" -eq 'PermissionDenied') { $State = 'denied' }
        return '"state":"' + $State + '","message":' + (Format-Text "$_")
    }
    # What a program writes to standard error must not count as an exception here.
    $ErrorActionPreference = 'Continue'
    $Lines = foreach ($Line in @(reg.exe query $Path /reg:64)) { Format-Text $Line }
    if ($LASTEXITCODE -ne 0) { return '"state":"failed","message":"reg.exe did not find it or was not allowed to read it"' }
    return '"state":"read","lines":[' + (@($Lines) -join ',') + ']'
}

$Language = "$($ExecutionContext.SessionState.LanguageMode)"
$Found = foreach ($Path in $Keys) {
    if ($Language -eq 'FullLanguage') { $Told = Read-Key $Path } else { $Told = Read-KeyLines $Path }
    '{"path":' + (Format-Text $Path) + ',' + $Told + '}'
}
# A 32-bit process on a 64-bit Windows, with a .NET that can not choose the view, sees other values below SOFTWARE.
$Choice = $PSVersionTable.PSVersion.Major -ge 3 -or -not (Test-Path -LiteralPath 'Env:PROCESSOR_ARCHITEW6432')
'{"format":1,"computer":' + (Format-Text $env:COMPUTERNAME)
',"powershell":' + (Format-Text $PSVersionTable.PSVersion)
',"language":' + (Format-Text $Language)
',"trueView":' + $(if ($Choice) { 'true' } else { 'false' })
',"keys":[' + (@($Found) -join ',') + ']}'
