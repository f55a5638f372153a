//! Sign-in: device code, browser, client secret, certificate, Azure CLI.
