"""What a request needs to be allowed, and the refusal in AWS's words where it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from burnish.policies.evaluation import AccessDecision, AccessRequest, verdict
from burnish.policies.patterns import Context, context_of
from burnish.server.wire.call import Call, Handler, Handlers, Identity, ServiceFault


@dataclass(frozen=True, kw_only=True)
class Access:
    """An action on a resource that a request comes to; ``context`` has the keys that only it knows."""

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)


#: What calls of an operation need to be allowed, told from their parameters.
Needs: TypeAlias = Callable[[Call], Iterable[Access]]
Permissions: TypeAlias = Mapping[tuple[str, str], Needs]

# The prefixes of actions, where they are not the names of services.
_PREFIXES = {"bedrock-runtime": "bedrock"}


def guarded(handlers: Handlers, permissions: Permissions) -> dict[tuple[str, str], Handler]:
    """The handlers, each of which first refuses what its caller's policies do not allow."""
    return {operation: with_access(handler, permissions) for operation, handler in handlers.items()}


def with_access(handler: Handler, permissions: Permissions) -> Handler:
    """A handler that is asked only for what its caller's policies allow."""

    async def handle(call: Call) -> Mapping[str, Any]:
        require_access(call, permissions)
        return await handler(call)

    return handle


def require_access(call: Call, permissions: Permissions) -> None:
    """Raise the fault for a call that its caller's policies do not allow.

    An operation that says nothing of what it needs needs its action on every resource.
    """
    if call.caller.principal.grants is None:
        return
    prefix = _PREFIXES.get(call.service, call.service)
    needs = permissions.get((call.service, call.operation))
    asked = needs(call) if needs else [Access(action=f"{prefix}:{call.operation}")]
    for access in asked:
        if refusal := refusal_of(call.caller, access):
            raise ServiceFault(_code_of(call.service), refusal)


def refusal_of(caller: Identity, access: Access) -> str | None:
    """Why a caller may not do something, in AWS's words; None where it may."""
    grants = caller.principal.grants
    if grants is None:
        return None
    request = AccessRequest(
        action=access.action, resource=access.resource, context={**caller.context, **access.context}
    )
    found = verdict(grants, request)
    if found.is_allowed:
        return None
    denied = f"with an explicit deny in {_an(found.cause)}"
    lacking = f"because no {found.cause} allows the {access.action} action"
    reason = denied if found.decision is AccessDecision.DENIED else lacking
    return (
        f"User: {caller.principal.arn} is not authorized to perform: {access.action} on resource: "
        f"{access.resource} {reason}"
    )


def request_context(
    principal: Context, *, source_ip: str, is_secure: bool, user_agent: str, region: str
) -> Context:
    """The condition keys that every request has: of whom it is, when, and how it came."""
    now = datetime.now(UTC)
    return {
        **principal,
        **context_of(
            {
                "aws:SourceIp": source_ip,
                "aws:SecureTransport": "true" if is_secure else "false",
                "aws:UserAgent": user_agent,
                "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "aws:EpochTime": str(int(now.timestamp())),
                "aws:RequestedRegion": region,
                "aws:ViaAWSService": "false",
            }
        ),
    }


def tag_context(tags: Iterable[Mapping[str, Any]] | None, *, key: str, value: str) -> Context:
    """The condition keys that come with tags of a request, given what their members are called."""
    found = {str(tag[key]): str(tag[value]) for tag in tags or ()}
    if not found:
        return {}
    named = {f"aws:RequestTag/{name}": text for name, text in found.items()}
    return context_of({**named, "aws:TagKeys": list(found)})


def _code_of(service: str) -> str:
    return "AccessDenied" if service in ("iam", "sts") else "AccessDeniedException"


def _an(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
