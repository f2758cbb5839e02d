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
    {"get", "/v1/licensing/audit", "readLicensingAudit", "The book's audit log, newest first", "",
     "subject before limit"},
    {"get", "/v1/licensing/audit/head", "examineLicensing", "Examines the book and its chain", "", ""},
};
constexpr ApiOperation kOfCustomers[] = {
    {"get", "/v1/account", "getAccount", "Whose key this is (customer plane)", "", ""},
    {"get", "/v1/account/keys", "listOwnKeys", "Its keys, and what is left of them (customer plane)", "",
     "after limit"},
    {"post", "/v1/account/keys", "createOwnKey", "A new key, shown once (customer plane)",
     "name scopes[]? models[]? rate{}? budget{}? expires?", "", 201},
    {"post", "/v1/account/keys/{key}/rotate", "rotateOwnKey", "A successor (customer plane)", "overlap_s#?", "", 201},
    {"post", "/v1/account/keys/{key}/revoke", "revokeOwnKey", "A key counts no more (customer plane)", "because", ""},
    {"get", "/v1/account/licences", "listOwnLicences", "Its licences, and what is left of them (customer plane)", "",
     "all after limit"},
    {"get", "/v1/leases", "listLeases", "Seats in use: a customer's own, on the operators' plane everybody's", "",
     "customer licence after limit"},
    {"post", "/v1/leases", "takeLease", "A floating licence's seat (customer plane)", "licence? model? holder?", "",
     201},
    {"post", "/v1/leases/{lease}/heartbeat", "renewLease", "Keeps the seat (customer plane)", "", ""},
    {"delete", "/v1/leases/{lease}", "releaseLease", "Gives the seat back (either plane)", "", "", 204},
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
}

}  // namespace stoa::api
