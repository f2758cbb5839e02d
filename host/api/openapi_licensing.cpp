// openapi_licensing.cpp: the routes of customers and licences as a table; docs/reference/licensing-api.md says what
// they mean. SPDX-License-Identifier: Apache-2.0
#include "host/api/openapi_licensing.hpp"

#include "host/api/openapi_operation.hpp"

namespace stoa::api {
namespace {

constexpr ApiOperation kOfOperators[] = {
    {"get", "/v1/customers", "listCustomers", "Customers", "", "after limit"},
    {"post", "/v1/customers", "createCustomer", "A new customer", "name display_name?", "", 201},
    {"get", "/v1/customers/{customer}", "oneCustomer", "A customer, by id or name", "", ""},
    {"put", "/v1/customers/{customer}/state", "setCustomerState", "Suspends, resumes or closes", "state because", ""},
    {"get", "/v1/customers/{customer}/keys", "listApiKeys", "A customer's keys", "", "after limit"},
    {"post", "/v1/customers/{customer}/keys", "createApiKey", "A new key, shown once",
     "name scopes[]? models[]? rate{}? budget{}? expires?", "", 201},
    {"get", "/v1/keys/{key}", "oneApiKey", "A key", "", ""},
    {"post", "/v1/keys/{key}/rotate", "rotateApiKey", "A successor; both count for a while", "overlap_s#?", "", 201},
    {"post", "/v1/keys/{key}/revoke", "revokeApiKey", "A key counts no more", "because", ""},
    {"get", "/v1/licences", "listLicences", "Licences", "", "customer publisher all after limit"},
    {"post", "/v1/licences", "issueLicence", "A new licence", "*json", "", 201},
    {"get", "/v1/licences/{licence}", "oneLicence", "A licence", "", ""},
    {"put", "/v1/licences/{licence}", "replaceLicence", "The next serial", "*json", ""},
    {"post", "/v1/licences/{licence}/revoke", "revokeLicence", "A licence counts no more", "because", ""},
    {"get", "/v1/licences/{licence}/serials", "listSerials", "All there were, the newest first", "", ""},
    {"get", "/v1/licences/{licence}/file", "licenceFile", "The licence as a signed file", "", ""},
    {"get", "/v1/publishers/{name}/licences", "listPublishersLicences", "Who holds licences for its models", "",
     "all after limit"},
    {"get", "/v1/offers", "listOffers", "Offers", "", "after limit"},
    {"post", "/v1/offers", "createOffer", "Terms under a name", "name terms{} lasts_days#?", "", 201},
    {"post", "/v1/offers/{offer}/withdraw", "withdrawOffer", "Nothing is issued from it any more", "", ""},
    {"get", "/v1/prices", "listPrices", "Price lists, the newest version of each", "", "publisher after limit"},
    {"post", "/v1/prices", "createPrices", "A new price list", "*json", "", 201},
    {"get", "/v1/prices/{price}", "onePriceList", "The newest version of a price list", "", ""},
    {"put", "/v1/prices/{price}", "replacePrices", "The next version", "*json", ""},
    {"get", "/v1/prices/{price}/versions", "listPriceVersions", "All there were, the newest first", "", ""},
    {"get", "/v1/charges", "listCharges", "What models are charged by; of one model all there were", "",
     "model after limit"},
    {"post", "/v1/charges", "setCharge", "What a model's calls are charged by, and who shares it",
     "model price_list agreement from?", "", 201},
    {"get", "/v1/agreements", "listAgreements", "Agreements, the newest version of each", "", "publisher after limit"},
    {"post", "/v1/agreements", "proposeAgreement", "A draft, until all its parties have signed", "*json", "", 201},
    {"get", "/v1/agreements/{agreement}", "oneAgreement", "The newest version of an agreement", "", ""},
    {"put", "/v1/agreements/{agreement}", "amendAgreement", "The next version, as a draft", "*json", ""},
    {"get", "/v1/agreements/{agreement}/versions", "listAgreementVersions", "All there were, the newest first", "", ""},
    {"get", "/v1/agreements/{agreement}/document", "agreementDocument", "Its text and signatures, to be verified", "",
     "version"},
    {"post", "/v1/agreements/{agreement}/signatures", "signAgreement",
     "A party's signature; the platform's own, where no file is given", "party file?", "", 201},
    {"post", "/v1/agreements/{agreement}/terminate", "terminateAgreement", "All its versions are over", "because", ""},
    {"get", "/v1/party-keys", "listPartyKeys", "Keys that parties of agreements sign with", "", "party"},
    {"post", "/v1/party-keys", "addPartyKey", "A key whose signatures are a party's", "party public_key", "", 201},
    {"post", "/v1/party-keys/{key}/revoke", "revokePartyKey", "A party signs with it no more", "party because", ""},
    {"get", "/v1/customers/{customer}/billing", "oneCustomersBilling", "How a customer pays, and paid before", "", ""},
    {"put", "/v1/customers/{customer}/billing", "setCustomersBilling", "How a customer pays from now on",
     "currency pays? credit_limit? tax_ppm#? tax_office?", ""},
    {"get", "/v1/publishers/{name}/log", "readPublishersEntries", "Its entries of the ledger, with what proves them",
     "", "after limit"},
    {"get", "/v1/receipts/{number}", "getReceipt", "An entry of the ledger, and that the log has it (either plane)", "",
     "form"},
    {"get", "/log/key", "getLogKey", "The key of the ledger's log (either plane)", "", "", 200, true},
    {"get", "/log/checkpoint", "getLogCheckpoint", "Its newest head, signed (either plane)", "", "", 200, true},
    {"get", "/log/tile/{path}", "getLogTile", "Its hashes and entries (either plane)", "", "", 200, true},
    {"get", "/v1/licensing/audit", "readLicensingAudit", "The book's audit log, newest first", "",
     "subject before limit"},
    {"get", "/v1/licensing/audit/head", "examineLicensing", "Examines the book and its chain", "", ""},
};
constexpr ApiOperation kOfCustomers[] = {
    {"get", "/v1/account", "getAccount", "Whose key this is (customer plane)", "", ""},
    {"get", "/v1/account/keys", "listOwnKeys", "Its keys, and what is left of them (customer plane)", "",
     "after limit"},
    {"post", "/v1/account/keys", "createOwnKey", "A new key, no wider than the one that asks (customer plane)",
     "name scopes[]? models[]? rate{}? budget{}? expires?", "", 201},
    {"post", "/v1/account/keys/{key}/rotate", "rotateOwnKey", "A successor (customer plane)", "overlap_s#?", "", 201},
    {"post", "/v1/account/keys/{key}/revoke", "revokeOwnKey", "A key counts no more (customer plane)", "because", ""},
    {"get", "/v1/account/licences", "listOwnLicences", "Its licences, and what is left of them (customer plane)", "",
     "all after limit"},
    {"get", "/v1/account/prices", "listOwnPrices", "What the models cost that it has a licence for (customer plane)",
     "", "after limit"},
    {"get", "/v1/account/billing", "ownBilling", "How it pays (customer plane)", "", ""},
    {"get", "/v1/leases", "listLeases", "Seats in use: a customer's own, on the operators' plane everybody's", "",
     "customer licence after limit"},
    {"post", "/v1/leases", "takeLease", "A floating licence's seat (customer plane)", "licence? model? holder?", "",
     201},
    {"post", "/v1/leases/{lease}/heartbeat", "renewLease", "Keeps the seat (customer plane)", "", ""},
    {"delete", "/v1/leases/{lease}", "releaseLease", "Gives the seat back (either plane)", "", "", 204},
};
constexpr ApiOperation kOfMoney[] = {
    {"get", "/v1/wallets/{customer}", "oneWallet", "What a customer has, owes and was given", "", ""},
    {"post", "/v1/wallets/{customer}/top-ups", "topUp", "A customer has paid", "amount currency provider? reason", "",
     201},
    {"post", "/v1/wallets/{customer}/credits", "giveCredit", "Credit that expires", "amount currency expires reason",
     "", 201},
    {"get", "/v1/refunds", "listRefunds", "Refunds, the newest first", "", "customer after limit"},
    {"post", "/v1/refunds", "refund", "Gives back of a call, or all of it", "entry# amount? bearer? reason", "", 201},
    {"get", "/v1/adjustments", "listAdjustments", "Adjustments, the newest first", "", "customer after limit"},
    {"post", "/v1/adjustments", "adjust", "Postings of an operator's own", "currency postings[] refers#? reason", "",
     201},
    {"get", "/v1/money/acts", "listMoneyActs", "All that moved money beside calls, the newest first", "",
     "kind customer after limit"},
    {"get", "/v1/money/audit", "readMoneyAudit", "Who moved money, and why, newest first", "", "subject before limit"},
    {"get", "/v1/money/audit/head", "examineMoneyAudit", "Examines that log and its chain", "", ""},
    {"get", "/v1/statement-key", "statementKey", "What verifies statements and invoices (either plane)", "", ""},
    {"get", "/v1/periods", "listPeriods", "Months that are closed", "", "after limit"},
    {"post", "/v1/periods/{month}/close", "closePeriod", "Issues a month's statements and invoices", "reason", ""},
    {"get", "/v1/statements", "listStatements", "Statements, the newest first", "", "party month after limit"},
    {"get", "/v1/statements/{number}", "oneStatement", "A statement; form: note, csv, page", "", "form"},
    {"get", "/v1/invoices", "listInvoices", "Invoices, the newest first", "", "customer month after limit"},
    {"get", "/v1/invoices/{number}", "oneInvoice", "An invoice; form: note, csv, page", "", "form"},
    {"get", "/v1/publishers/{name}/statements", "listPublishersStatements", "A publisher's statements", "",
     "month after limit"},
    {"get", "/v1/publishers/{name}/statements/{number}", "oneStatementOfPublisher", "One of them", "", "form"},
    {"get", "/v1/publishers/{name}/payouts", "listPublishersPayouts", "What a publisher was paid", "", "after limit"},
    {"get", "/v1/payees", "listPayees", "Where parties are paid", "", "after limit"},
    {"put", "/v1/payees", "setPayee", "A party's bank account", "party name iban bic? reason", ""},
    {"post", "/v1/payees/hold", "holdPayee", "Pays a party nothing for now, or again", "party held!? reason", ""},
    {"get", "/v1/payouts", "listPayouts", "Payouts, the newest first", "", "party state after limit"},
    {"post", "/v1/payouts/run", "runPayouts", "Pays what statements say is owed", "reason", ""},
    {"get", "/v1/payouts/{payout}", "onePayout", "A payout", "", ""},
    {"post", "/v1/payouts/{payout}/settle", "settlePayout", "The bank has paid", "reason", ""},
    {"post", "/v1/payouts/{payout}/fail", "failPayout", "It will not be paid", "reason", ""},
    {"post", "/v1/payouts/{payout}/return", "returnPayout", "It came back", "reason", ""},
};
constexpr ApiOperation kOfOwnMoney[] = {
    {"get", "/v1/account/wallet", "getWallet", "What it has, owes and was given (customer plane)", "", ""},
    {"get", "/v1/account/invoices", "listOwnInvoices", "Its invoices (customer plane)", "", "month after limit"},
    {"get", "/v1/account/invoices/{number}", "oneOwnInvoice", "One of them (customer plane)", "", "form"},
};

// Only where the host has [billing]: docs/reference/ledger-api.md.
constexpr ApiOperation kOfLedger[] = {
    {"get", "/v1/customers/{customer}/usage", "customersUsage", "What a customer used, by day", "", "from until"},
    {"get", "/v1/customers/{customer}/spend", "customersSpend", "What it paid, by day", "", "from until"},
    {"get", "/v1/publishers/{name}/earnings", "publishersEarnings", "What a publisher earned, by day", "",
     "from until"},
    {"get", "/v1/ledger/earnings", "accountsEarnings", "The same of an account", "", "account from until"},
    {"get", "/v1/ledger/balances", "listBalances", "Accounts and what they hold", "", "prefix after limit"},
    {"get", "/v1/ledger/entries", "listEntries", "Entries, the newest first", "",
     "customer account currency kind after limit"},
    {"get", "/v1/ledger/entries/{number}", "oneEntry", "An entry", "", ""},
    {"post", "/v1/ledger/verify", "beginVerification", "Checks the whole ledger, beside the calls", "", "", 202},
    {"get", "/v1/ledger/verify", "seeVerification", "How the check of the ledger stands", "", ""},
};
constexpr ApiOperation kOfAccounts[] = {
    {"get", "/v1/account/usage", "ownUsage", "What was used, by day (customer plane)", "", "from until"},
    {"get", "/v1/account/spend", "ownSpend", "What was paid, by day (customer plane)", "", "from until"},
};

constexpr ApiOperation kOfWebhooks[] = {
    {"get", "/v1/webhooks", "listWebhooks", "Who is told of what happens", "", ""},
    {"post", "/v1/webhooks", "createWebhook", "A new webhook; its secret is shown once", "url types[]", "", 201},
    {"get", "/v1/webhooks/{webhook}", "oneWebhook", "A webhook", "", ""},
    {"delete", "/v1/webhooks/{webhook}", "removeWebhook", "It is told of nothing any more", "", "", 204},
    {"post", "/v1/webhooks/{webhook}/rotate", "rotateWebhook", "Another secret; both sign for a while", "overlap_s#?",
     ""},
    {"post", "/v1/webhooks/{webhook}/enable", "enableWebhook", "A disabled one is told again", "", ""},
    {"post", "/v1/webhooks/{webhook}/test", "testWebhook", "Sends it an event", "", "", 202},
    {"get", "/v1/webhooks/{webhook}/deliveries", "listDeliveries", "What was sent to it, newest first", "",
     "after limit"},
};

}  // namespace

void describe_licensing(nlohmann::json& document) {
  document["tags"].push_back({{"name", "licensing"},
                              {"description",
                               "only where the host has [licensing]; on the operator's listener, and "
                               "those of the account and of leases on the customer's"}});
  document["components"]["securitySchemes"]["apiKey"] = {{"type", "http"}, {"scheme", "bearer"}};
  describe_operations(document, kOfOperators, "licensing", "registryToken");
  describe_operations(document, kOfCustomers, "licensing", "apiKey");
  describe_operations(document, kOfLedger, "licensing", "registryToken");
  describe_operations(document, kOfAccounts, "licensing", "apiKey");
  document["tags"].push_back(
      {{"name", "webhooks"}, {"description", "only where the host has [webhooks]; on the operator's listener"}});
  describe_operations(document, kOfWebhooks, "webhooks", "registryToken");
  document["tags"].push_back({{"name", "money"}, {"description", "only where the host has [billing]"}});
  describe_operations(document, kOfMoney, "money", "registryToken");
  describe_operations(document, kOfOwnMoney, "money", "apiKey");
}

}  // namespace stoa::api
