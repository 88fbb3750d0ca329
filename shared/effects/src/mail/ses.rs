//! Sending by Amazon SES, version 2 of its API.

use std::time::Duration;

use aws_sdk_sesv2::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::send_email::SendEmailError,
    primitives::Blob,
    types::{Destination, EmailContent, RawMessage},
};
use secrets::Variables;
use tokio::time::timeout;

use super::{message::Ready, reply::later, settings::BadMailSetting};
use crate::{
    Attempt, Why,
    aws::{Aws, reason},
};

pub(super) struct Ses {
    client: Client,
    limit: Duration,
}

impl Ses {
    pub(super) async fn open(region: &str, variables: Variables, limit: Duration) -> Result<Ses, BadMailSetting> {
        let aws = Aws::open(variables, Some(region)).await;
        let aws = aws.map_err(|error| BadMailSetting::new(format!("VESTIBULE_MAIL names Amazon SES: {error}")))?;
        let mut config = aws_sdk_sesv2::config::Builder::from(aws.config());
        if let Some(url) = aws.endpoint("SESV2") {
            config.set_endpoint_url(Some(url));
        }
        Ok(Ses {
            client: Client::from_conf(config.build()),
            limit,
        })
    }

    pub(super) async fn send(&self, message: &Ready) -> Attempt<()> {
        let to: Vec<String> = message.envelope.to().iter().map(ToString::to_string).collect();
        if !to.iter().all(|to| to.is_ascii()) {
            let why =
                "the address is not ASCII, which Amazon SES does not support; send by an SMTP server with SMTPUTF8";
            return Attempt::Never { why: Why::new(why) };
        }
        let Ok(raw) = RawMessage::builder().data(Blob::new(message.bytes.clone())).build() else {
            unreachable!("a raw message has all its parts: its data");
        };
        let sent = self
            .client
            .send_email()
            .set_from_email_address(message.envelope.from().map(ToString::to_string))
            .destination(Destination::builder().set_to_addresses(Some(to)).build())
            .content(EmailContent::builder().raw(raw).build())
            .send();
        match timeout(self.limit, sent).await {
            Ok(Ok(_)) => Attempt::Done(()),
            Ok(Err(error)) => refused(&error),
            Err(_) => later(format!("Amazon SES took longer than {:?}", self.limit)),
        }
    }
}

/// What a refusal means, by the service's own codes: <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>
/// and <https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html>.
/// Throttling, quotas, credentials that ran out, faults of the service and of the way there may heal.
fn refused<R>(error: &SdkError<SendEmailError, R>) -> Attempt<()> {
    let what_to_do = match error.code() {
        Some("MessageRejected") => {
            "SES takes neither this letter nor this address; in the SES sandbox, verify the address first"
        }
        Some("MailFromDomainNotVerifiedException") => {
            "verify the MAIL FROM domain of VESTIBULE_MAIL_FROM in the SES console"
        }
        Some("AccountSuspendedException") => "AWS has suspended the account's sending; ask AWS Support",
        Some("SendingPausedException") => "the account's sending is paused; resume it in the SES console",
        Some("BadRequestException" | "NotFoundException") => {
            "verify the address or domain of VESTIBULE_MAIL_FROM in this region"
        }
        Some("AccessDeniedException" | "AccessDenied") => "allow `ses:SendEmail` to the role",
        Some("UnrecognizedClientException" | "InvalidClientTokenId" | "SignatureDoesNotMatch") => {
            "correct the AWS credentials"
        }
        _ => return later(reason(error)),
    };
    Attempt::Never {
        why: Why::new(format!("{}; {what_to_do}", reason(error))),
    }
}
