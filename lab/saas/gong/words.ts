/** What made-up people, companies and talks are made of. */
export const firstNames =
  "Ada Ben Chloé Dmitri Elif Farid Grace Hana Ivo Jun Kofi Lena Mateo Nadia Oskar Priya Quentin Rosa Sami Tuva Uma Viktor Wanda Yara Zoë".split(
    " ",
  );
export const lastNames =
  "Abbott Bianchi Castro Dvořák Eriksen Fischer García Hughes Ito Jansen Kaya Lindqvist Moreau Novak Okafor Petrov Quinn Rossi Singh Tanaka Ueda Vargas Weiss Xu Young Zhang".split(
    " ",
  );
export const companies =
  "Northwind Contoso Acme Initech Umbra Hooli Vandelay Stark Wayne Tyrell Cyberdyne Soylent Globex Massive Oscorp Aperture".split(
    " ",
  );
export const titles = [
  "CEO",
  "VP Sales",
  "Head of Data",
  "Account Executive",
  "Solutions Engineer",
  "Procurement",
];
export const purposes = [
  "Discovery",
  "Demo",
  "Pricing",
  "Security review",
  "Onboarding",
  "Renewal",
  "Negotiation",
];
export const topics = [
  "Pricing",
  "Integration",
  "Competition",
  "Timeline",
  "Security",
  "Small talk",
  "Next steps",
];
export const trackers = ["Budget", "Competitor", "Objection", "Decision maker"];
export const stages = [
  "appointmentscheduled",
  "qualifiedtobuy",
  "contractsent",
  "closedwon",
  "closedlost",
  "decisionmakerboughtin",
];
export const phrases = [
  "Thanks for making the time today, I know that it is a busy week for everybody.",
  "Could you tell me a bit more about how your team does this at the moment?",
  "We looked at two other vendors last quarter, and neither could handle our volume.",
  "The price is higher than what we had planned for this year.",
  "Let me share my screen and walk you through the dashboard.",
  "How does it connect to our data warehouse?",
  "Our security team will want to see the report before we sign anything.",
  "That makes sense.",
  "Right, and who else would have to agree to this?",
  "We would need it to be live before the end of the quarter.",
  "I will send you the summary and the next steps this afternoon.",
  "Honestly, the reporting is what takes most of our time.",
  'They call it "the Friday spreadsheet", and nobody likes it.',
  "So if I understand you well, the number of seats could grow next year?",
  "Yes.",
  "Let us look at the contract: the term is twelve months\\renewable.",
  "Können wir das auch auf Deutsch anbieten? 日本語も必要です。",
  "What happens to our records when the connection is lost in the middle?",
];
