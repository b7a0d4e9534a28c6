"""The words of letters."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.samples.prose import Matter


@dataclass(frozen=True, kw_only=True)
class LetterWords:
    """The set phrases of one letter. Its title, if any, says how it is sent."""

    title: str | None
    greetings: tuple[str, ...]
    subject_mark: str
    farewells: tuple[str, ...]
    roles: tuple[str, ...]
    postscripts: tuple[str, ...]
    matters: tuple[Matter, ...]


_MATTERS = (
    Matter(
        subjects=("Your order of {earlier}", "Damaged goods received"),
        openings=(
            "I am writing to complain about the goods that your firm delivered to us on {earlier}.",
            "Thank you for your letter of {earlier}, which does not settle the matter.",
        ),
        points=(
            "Of the {count} cartons in the consignment, {few} had been opened and their contents were wet.",
            "The driver would not wait while we checked the load, as the signed delivery slip shows.",
            "We telephoned your office on {weekday} and were promised a reply that never came.",
            "Photographs of the damage are enclosed together with a copy of the packing list.",
            "We have traded with your firm for {few} years and this has not happened before.",
            "We therefore ask you to replace the spoiled cartons or to credit our account with {amount}.",
        ),
        closings=(
            "I look forward to hearing from you before {later}.",
            "Please let me have your decision in writing by {later}.",
        ),
    ),
    Matter(
        subjects=("Offer of employment", "Your application"),
        openings=(
            "We are delighted to offer you the post for which you were interviewed on {earlier}.",
            "Following our conversation on {earlier}, I am pleased to offer you a position in {city}.",
        ),
        points=(
            "Your starting salary will be {large_amount} a year, reviewed each {month}.",
            "The post carries {few} weeks of paid holiday and membership of our pension scheme.",
            "The first {few} months are a trial period on both sides.",
            "Our panel was struck by the care with which you answered its questions.",
            "You would report to {person}, who leads the {city} office.",
            "Two copies of the contract are enclosed; kindly sign both and return one.",
        ),
        closings=(
            "We very much hope that you will join us.",
            "Do call me should anything in the contract be unclear.",
        ),
    ),
    Matter(
        subjects=("A word of thanks", "Your generous gift"),
        openings=(
            "On behalf of everybody at our charity I want to thank you for your gift of {amount}.",
            "Your kind donation reached us last {weekday}, and I must tell you what it means to us.",
        ),
        points=(
            "It will pay for the repair of the roof before the winter sets in.",
            "Last year {count} children spent a week with us by the sea because of friends like you.",
            "The new kitchen in {city} has already served its first meals.",
            "Our volunteers send you their warmest wishes.",
            "You are welcome to visit us on any {weekday} and to see the work for yourself.",
        ),
        closings=(
            "With your help we can face the coming year with confidence.",
            "Once more, our heartfelt thanks.",
        ),
    ),
    Matter(
        subjects=("End of your tenancy", "Lease of {street}"),
        openings=(
            "As your landlord's agents we must inform you that the lease of your flat ends on {later}.",
            "We act for the owner of the house at {street} and write to you about the rent.",
        ),
        points=(
            "Our records show that the rent for {few} months, in all {amount}, has not been received.",
            "The owner is willing to extend the lease for a year at a rent raised by {rate}.",
            "Before you leave, the rooms must be cleaned and all keys handed over at our office.",
            "An inspection of the flat will take place on {later} at {clock}.",
            "Your deposit will be repaid within {few} weeks of the inspection.",
            "Should you wish to stay, we need your signed consent without delay.",
        ),
        closings=(
            "We should be grateful for an early reply.",
            "Please contact us if you have any questions about this letter.",
        ),
    ),
    Matter(
        subjects=("Request for information", "Your catalogue"),
        openings=(
            "I read about your company in a trade journal and should like to know more about your machines.",
            "We are a small workshop in {city} and are looking for a new supplier.",
        ),
        points=(
            "Could you send us your current catalogue and a list of prices for quantities above {count}?",
            "We should also like to know how long delivery to {city} usually takes.",
            "Our present supplier has raised its prices by {rate} within a year.",
            "If your terms are favourable, we expect to order {few} times a year.",
            "References can be had from our bank and from {company}.",
            "A visit by your representative would be welcome in {month}.",
        ),
        closings=(
            "Thank you in advance for your trouble.",
            "I hope that this is the beginning of a long connection.",
        ),
    ),
    Matter(
        subjects=("Recommendation", "{protagonist}"),
        openings=(
            "It is a pleasure to recommend {protagonist}, who worked under me for {few} years.",
            "You have asked me for my opinion of {protagonist}, who has applied to join your school.",
        ),
        points=(
            "I have rarely met a colleague so patient with difficult customers.",
            "The reading group founded here now counts {dozens} members and runs by itself.",
            "Deadlines were kept and promises were meant.",
            "In the second year our whole accounts section was placed in these hands.",
            "I was sorry to see such an able member of staff leave us for {city}.",
        ),
        closings=(
            "I give this recommendation without any reservation.",
            "Feel free to telephone me on {phone} if more is wanted.",
        ),
    ),
)


_OTHER_MATTERS = (
    Matter(
        subjects=("Claim {reference}", "Policy {reference}"),
        openings=(
            "We refer to the accident which you reported to our claims office on {earlier}.",
            "Having studied the report of our surveyor, we can now tell you how your claim stands.",
        ),
        points=(
            "The surveyor puts the cost of repairing the vehicle at {amount}.",
            "Under section {few} of the policy the first {rate} must be borne by the insured.",
            "A witness, {person}, has since given a statement which supports your account.",
            "The garage in {city} may begin as soon as we have your agreement.",
            "A cheque for the remainder is attached.",
        ),
        closings=(
            "We trust that this settles the affair to your satisfaction.",
            "Kindly quote the claim number whenever you write to us.",
        ),
    ),
    Matter(
        subjects=("Visit of our choir", "Concert in {city}"),
        openings=(
            "Our choir will travel through your region in {month} and would love to sing for you.",
            "It was lovely to meet you in {city}, and I have often thought of our talk about music.",
        ),
        points=(
            "There are {dozens} of us, and we bring our own organist.",
            "The programme lasts about an hour and suits listeners of any age.",
            "We ask for no fee, only for somewhere simple to sleep.",
            "Perhaps the families of your parish could each take in {few} guests.",
            "My wife sends her love and hopes that your knee is better.",
        ),
        closings=(
            "Do write soon and tell me what you think.",
            "All of us would be so happy if this could come true.",
        ),
    ),
    Matter(
        subjects=("Objection to planning application {reference}", "The proposed car park"),
        openings=(
            "As a resident of {street} I object to the car park which the council intends to build.",
            "My neighbours and I have seen the plans displayed at the town hall and are dismayed by them.",
        ),
        points=(
            "The lane is used by {count} schoolchildren every morning.",
            "No study of the noise has been made, although the law demands one.",
            "Four oak trees older than the town itself would be felled.",
            "A site beside the railway, offered by {company}, was never considered.",
            "{percent} of the households in our street have signed the enclosed petition.",
        ),
        closings=(
            "I urge the committee to refuse permission.",
            "I ask to be heard when the committee meets in {month}.",
        ),
    ),
    Matter(
        subjects=("Your account with our bank", "Loan {reference}"),
        openings=(
            "It gives me pleasure to inform you that your loan has been approved.",
            "I regret to say that the bank is unable to grant the credit for which you asked.",
        ),
        points=(
            "Our decision rests on the accounts of your last {few} business years.",
            "The sum in question, {large_amount}, is secured by the premises in {city}.",
            "Interest stands at present at {rate} and is fixed for a year.",
            "Mr {surname}, who knows your business well, will be your adviser from now on.",
            "You may of course apply again when your circumstances change.",
        ),
        closings=(
            "We value your custom and remain at your service.",
            "An appointment can be arranged with my secretary on {phone}.",
        ),
    ),
)


def _words(
    title: str | None,
    greetings: tuple[str, ...],
    mark: str,
    farewells: tuple[str, ...],
    matters: tuple[Matter, ...],
) -> LetterWords:
    held_out = matters is _OTHER_MATTERS
    return LetterWords(
        title=title,
        greetings=greetings,
        subject_mark=mark,
        farewells=farewells,
        roles=_OTHER_ROLES if held_out else _ROLES,
        postscripts=_OTHER_POSTSCRIPTS if held_out else _POSTSCRIPTS,
        matters=matters,
    )


_ROLES = ("Managing Director", "Head of Customer Service", "Secretary", "Regional Manager", "Treasurer", "")


_OTHER_ROLES = ("Senior Partner", "Claims Adviser", "Branch Director", "Chair of the Committee", "")


_POSTSCRIPTS = ("Enclosures: 2", "Encl.", "cc: {person}", "Copy to our {city} office", "")


_OTHER_POSTSCRIPTS = ("2 attachments", "P.S. The photographs follow under separate cover.", "")


TRAINING = (
    _words(
        None, ("Dear {person},", "Dear Ms {surname},"), "Re:", ("Yours sincerely,", "Sincerely,"), _MATTERS
    ),
    _words(None, ("Dear Sir or Madam,", "Dear Sirs,"), "", ("Yours faithfully,", "Yours truly,"), _MATTERS),
    _words(
        None,
        ("Dear Mr {surname}:", "Dear Mrs {surname}:"),
        "Subject:",
        ("Very truly yours,", "Sincerely yours,"),
        _MATTERS,
    ),
    _words(
        "Private letter",
        ("Dear {first_name},", "My dear {first_name},"),
        "",
        ("With best wishes,", "Kind regards,"),
        _MATTERS,
    ),
    _words(
        "Letter by registered post",
        ("To whom it may concern,", "Dear Dr {surname},"),
        "Concerning:",
        ("Respectfully,", "Yours sincerely,"),
        _MATTERS,
    ),
)


HELD_OUT = (
    _words(
        None,
        ("Dear Professor {surname}", "Dear Mr and Mrs {surname}"),
        "Our ref:",
        ("I remain, yours very truly", "Cordially"),
        _OTHER_MATTERS,
    ),
    _words(
        None,
        ("Good morning, {first_name}", "Good day, Mr {surname}"),
        "",
        ("With high esteem", "Warm greetings from"),
        _OTHER_MATTERS,
    ),
    _words(
        "Letter sent by ordinary mail",
        ("Esteemed Madam", "Gentlemen"),
        "In the matter of",
        ("With kind greetings", "Your obedient servant"),
        _OTHER_MATTERS,
    ),
)
