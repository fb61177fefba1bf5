//! Renders the pages of a sign-in from the views of the use cases.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;

use crate::flow::authorize::AuthorizationResponse;
use crate::flow::authorize::view::{ConsentDecision, InteractionPage, PageContent, PageView};
use crate::http::error::Result;
use crate::http::form_field::FormField;
use crate::http::form_notice::FormNotice;
use crate::http::page_context::{brand, html_response};
use crate::http::pages::{
    AddressPage, Brand, CodePage, ConsentKind, ConsentPage, PageChrome, PageError, PostPage, PostPurpose,
    ScopeLine, TOKEN_FIELD, security_headers, security_headers_with_script,
};
use crate::http::paths;
use crate::http::paths::PagelessStep;
use crate::http::request::RequestContext;
use crate::http::state::WorkerState;
use crate::protocol::client::ClientParty;
use crate::protocol::device_grant::UserCode;
use crate::protocol::locale::Locale;
use crate::protocol::policy::Organization;
use crate::protocol::redirect_uri::destination;
use crate::protocol::resource_server::ResourceServers;
use crate::protocol::scope::{PROFILE_WRITE, Scope};
use crate::protocol::time::seconds_up;

/// A page.
///
/// # Errors
/// [`ApiError`](crate::http::error::ApiError) when the page cannot be rendered.
pub fn render(
    context: &RequestContext,
    shown: &PageView<'_>,
    notice: Option<FormNotice>,
) -> Result<HttpResponse> {
    let nonce = context.nonce();
    let brand = brand(shown.organization);
    let chrome = PageChrome { locale: context.locale(shown.locale), head: context.state.head(&nonce), brand };
    let client = shown.client.seen(chrome.locale);
    let written = render_content(&context.state, shown, chrome, notice)?;
    let logos = [brand.logo, client.logo].into_iter().flatten().collect::<Vec<_>>();
    // Only the response to a form has the notice's status; a page that was requested has 200.
    let notice = notice.filter(|_| context.request.method() == actix_web::http::Method::POST);
    let headers = if written.has_script { security_headers_with_script } else { security_headers };
    let status = notice.map_or(StatusCode::OK, FormNotice::status);
    let mut response = html_response(status, headers(&nonce, &logos));
    if let Some(wait) = notice.and_then(FormNotice::wait) {
        response.insert_header((RETRY_AFTER, wait.max(1).to_string()));
    }
    Ok(response.body(written.html))
}

/// The page that posts an authorization response to the client (`form_post`).
pub fn posted(context: &RequestContext, answer: &AuthorizationResponse) -> HttpResponse {
    let onward = OnwardForm {
        locale: None,
        organization: context.cx().policy.only_organization(),
        action: &answer.redirect_uri,
        purpose: PostPurpose::Answer(&destination(&answer.redirect_uri)),
        parameters: answer.parameters.expose(),
    };
    form_page(context, onward)
}

/// The page that sends a cross-site request again from a form of ours, so that the browser adds its cookies.
/// It sets no cookies, because the browser may have them already.
pub fn relayed(
    context: &RequestContext,
    relayed: RelayedRequest<'_>,
    purpose: PostPurpose<'_>,
) -> HttpResponse {
    let onward = OnwardForm {
        locale: relayed.locale,
        organization: relayed.organization.or(context.cx().policy.only_organization()),
        action: relayed.action,
        purpose,
        parameters: &[(TOKEN_FIELD, FormField { token: "", sealed: Some(relayed.sealed) }.encode())],
    };
    form_page(context, onward)
}

/// A sealed cross-site request.
#[derive(Clone, Copy)]
pub struct RelayedRequest<'a> {
    /// Path that the form posts to.
    pub action: &'a str,
    pub sealed: &'a str,
    pub organization: Option<&'a Organization>,
    /// The language that the client requested.
    pub locale: Option<Locale>,
}

#[derive(Clone, Copy)]
struct OnwardForm<'a> {
    locale: Option<Locale>,
    organization: Option<&'a Organization>,
    action: &'a str,
    purpose: PostPurpose<'a>,
    parameters: &'a [(&'static str, String)],
}

fn form_page(context: &RequestContext, onward: OnwardForm<'_>) -> HttpResponse {
    let nonce = context.nonce();
    let page = PostPage {
        locale: context.locale(onward.locale),
        head: context.state.head(&nonce),
        // The Content-Security-Policy of this page admits no logo.
        brand: onward.organization.map(|organization| Brand { logo: None, ..brand(organization) }),
        action: onward.action,
        purpose: onward.purpose,
        parameters: onward.parameters,
    };
    html_response(StatusCode::OK, security_headers_with_script(&nonce, &[]))
        .body(page.render().unwrap_or_default())
}

struct RenderedPage {
    html: String,
    has_script: bool,
}

fn render_content(
    state: &WorkerState,
    shown: &PageView<'_>,
    chrome: PageChrome<'_>,
    notice: Option<FormNotice>,
) -> Result<RenderedPage, PageError> {
    let base = state.base.as_str();
    let (client, unchecked) = (shown.client.seen(chrome.locale), shown.client.is_unchecked());
    let action = |page| paths::page(base, &shown.id, page);
    let step = |step: PagelessStep| step.path(base, &shown.id);
    let field = FormField { token: &shown.token, sealed: shown.sealed.as_deref() }.encode();
    let token = field.as_str();
    let mut has_script = false;
    let html = match &shown.content {
        PageContent::Address { email } => AddressPage {
            chrome,
            client: Some(client),
            third_party: shown.client.party == ClientParty::Third,
            unchecked,
            on_device: shown.on_device,
            action: &action(InteractionPage::Address),
            cancel: Some(&step(PagelessStep::Cancel)),
            token,
            email,
            notice: notice.and_then(FormNotice::on_address),
        }
        .render(),
        PageContent::Code { email, form, reference, resend_in, ended, tried } => {
            let page = CodePage {
                chrome,
                client_name: shown.client.seen_unmarked(chrome.locale).map(|seen| seen.name),
                on_device: shown.on_device,
                action: &action(InteractionPage::Code),
                resend: &step(PagelessStep::Resend),
                restart: &step(PagelessStep::Restart),
                cancel: Some(&step(PagelessStep::Cancel)),
                token,
                email,
                reference: reference.as_ref().map_or("", |reference| reference.as_str()),
                form: *form,
                resend_in: seconds_up(*resend_in),
                ended: ended.is_some(),
                tried: *tried,
                notice: FormNotice::beside(notice, *ended, *form, seconds_up(*resend_in))
                    .and_then(FormNotice::on_code),
            };
            has_script = page.sends_at_once();
            page.render()
        }
        PageContent::Decision { kind, email, scope, redirect_uri, device } => ConsentPage {
            scopes: &described(scope, &state.cx.policy.resources, chrome.locale),
            chrome,
            kind: match kind {
                ConsentDecision::Consent => ConsentKind::Consent,
                ConsentDecision::Confirm => ConsentKind::Confirm,
                ConsentDecision::Choose => ConsentKind::Choose,
            },
            client,
            unchecked,
            email,
            returns_to: &destination(redirect_uri),
            on_device: device.as_ref().map(UserCode::shown).as_deref(),
            action: &action(InteractionPage::Consent),
            other_account: &step(PagelessStep::Account),
            token,
        }
        .render(),
    }?;
    Ok(RenderedPage { html, has_script })
}

/// The requested scopes, with the operator's description of those of resource servers.
fn described<'a>(scope: &'a Scope, resources: &'a ResourceServers, locale: Locale) -> Vec<ScopeLine<'a>> {
    let line = |token| ScopeLine {
        token,
        words: resources.description(token, locale),
        writes: token == PROFILE_WRITE || resources.writes().contains(token),
    };
    scope.in_reading_order().into_iter().map(line).collect()
}
