//! Errors of cmdlets in the shapes the service is known for (facts/exchange section 1.6).

use serde_json::{Value, json};

use crate::sandbox::Fault;
use crate::sandbox::reply::Reply;
use crate::sandbox::world::World;

/// A cmdlet that failed.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub status: u16,
    /// The PowerShell error category.
    category: &'static str,
    /// Name of the exception without its namespace.
    exception: &'static str,
    pub message: String,
}

/// The message outside is always generic.
const GENERIC: &str = "Error executing cmdlet";
const TASKS: &str = "Microsoft.Exchange.Configuration.Tasks";

impl Refusal {
    pub fn new(
        status: u16,
        category: &'static str,
        exception: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            category,
            exception,
            message: message.into(),
        }
    }

    pub fn not_found(identity: &str) -> Self {
        let message = format!(
            "The operation couldn't be performed because object '{identity}' couldn't be found on 'AM6PR01A001DC001.EURPR01A001.PROD.OUTLOOK.COM'."
        );
        Self::new(
            404,
            "InvalidArgument",
            "ManagementObjectNotFoundException",
            message,
        )
    }

    pub fn unknown_parameter(name: &str) -> Self {
        let message = format!("A parameter cannot be found that matches parameter name '{name}'.");
        Self::new(400, "InvalidArgument", "ParameterBindingException", message)
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidArgument", "ParameterBindingException", message)
    }

    pub fn already_exists(address: &str, owner: &str) -> Self {
        let message = format!(
            "The proxy address \"{address}\" is already being used by the proxy addresses or LegacyExchangeDN of \"{owner}\". Please choose another proxy address. The object already exists."
        );
        Self::new(400, "ResourceExists", "ADObjectAlreadyExistsException", message)
    }

    /// The text that the flag takes away.
    pub fn out_of_write_scope(identity: &str, property: &str) -> Self {
        let message = format!(
            "The operation on mailbox \"{identity}\" failed because it's out of the current user's write scope. The action 'Set-Mailbox', '{property}', can't be performed on the object '{identity}' because the object is being synchronized from your on-premises organization. This action should be performed on the object in your on-premises organization."
        );
        Self::new(400, "InvalidOperation", "OperationNotAllowedException", message)
    }

    fn type_name(&self) -> String {
        match self.exception {
            "ParameterBindingException" => {
                "System.Management.Automation.ParameterBindingException".to_owned()
            }
            name => format!("{TASKS}.{name}"),
        }
    }

    fn code(&self) -> &'static str {
        match self.status {
            404 => "NotFound",
            500.. => "InternalServerError",
            _ => "BadRequest",
        }
    }

    fn piped(&self, number: u64) -> String {
        format!(
            "Ex{:06X}|{}|{}",
            number & 0xFF_FFFF,
            self.type_name(),
            self.message
        )
    }

    /// The error in one of its shapes, by the dice.
    pub fn reply(&self, world: &World) -> Reply {
        let number = world.roll();
        if world.strikes(Fault::ErrorInSuccess) {
            return self.inside_success(number);
        }
        match number >> 32 & 7 {
            0..=2 => self.pipe_delimited(number),
            3..=5 => self.json_in_text(),
            6 => self.inner_only(number),
            _ => self.inside_success(number),
        }
        .with("x-exceptiontype", self.type_name())
    }

    /// Shape A.
    fn pipe_delimited(&self, number: u64) -> Reply {
        self.outer(json!({
            "code": self.code(),
            "message": GENERIC,
            "details": [{ "code": "Client", "target": "", "message": self.piped(number) }],
            "innererror": {
                "message": GENERIC,
                "type": "Microsoft.Exchange.Admin.OData.Core.ODataServiceException",
                "stacktrace": "   at Microsoft.Exchange.AdminApi.CommandInvocation.CommandInvocation.InvokeCommand(QueryContext queryContext)",
            },
        }))
    }

    /// Shape B.
    fn json_in_text(&self) -> Reply {
        let inside = json!({ "Message": self.message, "TypeName": self.type_name(), "InnerError": null });
        self.outer(json!({
            "code": self.code(),
            "message": GENERIC,
            "details": [{ "code": self.category, "message": inside.to_string() }],
        }))
    }

    /// Shape C.
    fn inner_only(&self, number: u64) -> Reply {
        let inside = json!({ "message": self.message, "type": self.type_name() });
        let inner = if number.is_multiple_of(2) {
            json!({ "message": GENERIC, "internalexception": inside })
        } else {
            json!({ "message": GENERIC, "internalException": inside })
        };
        let name = if number.is_multiple_of(2) {
            "innererror"
        } else {
            "innerError"
        };
        let mut error = json!({ "code": self.code(), "message": GENERIC });
        error[name] = inner;
        self.outer(error)
    }

    /// A non-terminating error inside a 200.
    fn inside_success(&self, number: u64) -> Reply {
        Reply::json(
            200,
            &json!({ "@adminapi.errors": [self.piped(number)], "value": [] }),
        )
    }

    fn outer(&self, error: Value) -> Reply {
        Reply::json(self.status, &json!({ "error": error }))
    }
}

/// A failure with nothing to say, which `Set-Mailbox` shows although it did its work.
pub(super) fn empty_message(number: u64) -> Reply {
    let error = if number.is_multiple_of(2) {
        json!({ "code": "InternalServerError", "message": "", "details": [{ "code": "NotSpecified", "target": "", "message": "" }] })
    } else {
        json!({ "code": "InternalServerError", "message": "" })
    };
    Reply::json(500, &json!({ "error": error }))
}

/// 403 for an unknown cmdlet or a missing right: NUL bytes that claim to be gzip (shape E).
pub(super) fn forbidden() -> Reply {
    Reply::new(403, vec![0; 64])
        .with("content-encoding", "gzip")
        .with("content-type", "application/json")
}

/// Status and exception of passing faults.
const TRANSIENT: [(u16, &str); 8] = [
    (503, "DCOverloadedException"),
    (504, "BackendCommunicationException"),
    (500, "SuitabilityDirectoryException"),
    (503, "ServerInMMException"),
    (500, "ADServerSettingsChangedException"),
    (500, "StorageTransientException"),
    (400, "ServerBusyException"),
    (400, "CmdletProxyNotAvailableFailure"),
];

fn passing(number: u64) -> Refusal {
    let (status, exception) = TRANSIENT[(number >> 8) as usize % TRANSIENT.len()];
    Refusal::new(
        status,
        "NotSpecified",
        exception,
        "The service is temporarily unavailable. Please try again later.",
    )
}

/// A passing fault inside a 200.
pub(super) fn transient_inside(world: &World) -> Reply {
    let number = world.roll();
    passing(number).inside_success(number)
}

/// A passing fault.
pub(super) fn transient(world: &World) -> Reply {
    let number = world.roll();
    if number.is_multiple_of(6) {
        // A gateway answered for the service.
        return Reply::text(if number.is_multiple_of(4) { 503 } else { 504 }, "");
    }
    let refusal = passing(number);
    if (number >> 16).is_multiple_of(2) {
        refusal.pipe_delimited(number)
    } else {
        refusal.json_in_text()
    }
}
