-- Schema 3, frozen with data by schema_test.cpp.
PRAGMA foreign_keys=OFF;
CREATE TABLE alias_steps(
  step INTEGER PRIMARY KEY, model TEXT NOT NULL, alias TEXT NOT NULL, targets TEXT NOT NULL, actor TEXT NOT NULL,
  approved_by TEXT NOT NULL, note TEXT NOT NULL, at_ms INTEGER NOT NULL, before_sha256 BLOB NOT NULL,
  sha256 BLOB NOT NULL, signature BLOB NOT NULL);
CREATE INDEX alias_steps_model ON alias_steps(model, alias, step);
CREATE TABLE aliases(
  model TEXT NOT NULL, alias TEXT NOT NULL, step INTEGER NOT NULL, targets TEXT NOT NULL, PRIMARY KEY(model, alias));
CREATE TABLE audit(
  line INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL,
  detail TEXT NOT NULL, before_sha256 BLOB NOT NULL, sha256 BLOB NOT NULL);
CREATE INDEX audit_subject ON audit(subject, line);
CREATE TABLE catalogue(revision INTEGER NOT NULL);
CREATE TABLE checks(
  release TEXT NOT NULL REFERENCES releases(id), place INTEGER NOT NULL, name TEXT NOT NULL, verdict TEXT NOT NULL,
  reason TEXT NOT NULL, message TEXT NOT NULL, took_us INTEGER NOT NULL, PRIMARY KEY(release, place));
CREATE TABLE evaluations(
  id TEXT PRIMARY KEY, release TEXT NOT NULL REFERENCES releases(id), model TEXT NOT NULL, dataset_sha256 BLOB NOT NULL,
  dataset_name TEXT NOT NULL, document TEXT NOT NULL, signature BLOB NOT NULL, at_ms INTEGER NOT NULL, said_by TEXT NOT NULL DEFAULT '', key_id TEXT NOT NULL DEFAULT '', public_key BLOB NOT NULL DEFAULT x'', is_publishers INTEGER NOT NULL DEFAULT 0, document_sha256 BLOB NOT NULL DEFAULT x'', outcomes_sha256 BLOB);
CREATE INDEX evaluations_dataset ON evaluations(dataset_sha256, at_ms);
CREATE UNIQUE INDEX evaluations_document ON evaluations(release, document_sha256, said_by);
CREATE INDEX evaluations_release ON evaluations(release, at_ms);
CREATE TABLE model_rules(model TEXT PRIMARY KEY, approvals INTEGER NOT NULL);
CREATE TABLE model_texts(
  id INTEGER PRIMARY KEY, model TEXT NOT NULL, plugin TEXT NOT NULL, task TEXT NOT NULL, description TEXT NOT NULL,
  UNIQUE(model, plugin, task, description));
CREATE TABLE operators(
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, token_sha256 BLOB NOT NULL UNIQUE,
  created_ms INTEGER NOT NULL, revoked_ms INTEGER);
CREATE TABLE plugins(
  name TEXT PRIMARY KEY, publisher TEXT NOT NULL REFERENCES publishers(name), state TEXT NOT NULL, held_because TEXT,
  created_ms INTEGER NOT NULL);
CREATE INDEX plugins_publisher ON plugins(publisher);
CREATE TABLE proposals(
  id TEXT PRIMARY KEY, model TEXT NOT NULL, alias TEXT NOT NULL, targets TEXT NOT NULL, note TEXT NOT NULL,
  actor TEXT NOT NULL, made_ms INTEGER NOT NULL, state TEXT NOT NULL, decided_by TEXT, decided_ms INTEGER);
CREATE TABLE publisher_keys(
  publisher TEXT NOT NULL REFERENCES publishers(name), key_id TEXT NOT NULL, public_key BLOB NOT NULL, role TEXT NOT NULL,
  valid_from_ms INTEGER NOT NULL, valid_until_ms INTEGER, revoked_from_ms INTEGER, revoked_because TEXT,
  added_ms INTEGER NOT NULL, PRIMARY KEY(publisher, key_id));
CREATE TABLE publishers(
  name TEXT PRIMARY KEY, display_name TEXT NOT NULL, state TEXT NOT NULL, held_because TEXT,
  token_sha256 BLOB NOT NULL UNIQUE, bytes_max INTEGER NOT NULL, created_ms INTEGER NOT NULL, verified_ms INTEGER);
CREATE TABLE release_documents(
  release TEXT PRIMARY KEY REFERENCES releases(id), manifest TEXT NOT NULL, changelog TEXT NOT NULL);
CREATE TABLE release_facts(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE release_models(
  release TEXT NOT NULL REFERENCES releases(id), text INTEGER NOT NULL REFERENCES model_texts(id),
  PRIMARY KEY(release, text));
CREATE INDEX release_models_text ON release_models(text, release);
CREATE TABLE releases(
  id TEXT PRIMARY KEY, plugin TEXT NOT NULL REFERENCES plugins(name), version TEXT NOT NULL, version_key TEXT NOT NULL,
  state TEXT NOT NULL, state_because TEXT NOT NULL, package_sha256 BLOB NOT NULL, package_bytes INTEGER NOT NULL,
  key_id TEXT NOT NULL, facts INTEGER REFERENCES release_facts(id), created_ms INTEGER NOT NULL, submitted_ms INTEGER,
  checked_ms INTEGER, published_ms INTEGER, cool_until_ms INTEGER, changed_ms INTEGER NOT NULL,
  audit_line INTEGER NOT NULL);
CREATE INDEX releases_key ON releases(key_id);
CREATE INDEX releases_package ON releases(package_sha256);
CREATE INDEX releases_plugin ON releases(plugin, id);
CREATE INDEX releases_state ON releases(state, id);
CREATE UNIQUE INDEX releases_version ON releases(plugin, version_key)
  WHERE state NOT IN ('draft', 'rejected') OR published_ms IS NOT NULL;
CREATE TABLE rollouts(
  id TEXT PRIMARY KEY, model TEXT NOT NULL, version TEXT NOT NULL, stable TEXT NOT NULL, customers TEXT NOT NULL,
  steps TEXT NOT NULL, promotes INTEGER NOT NULL, shadow_version TEXT NOT NULL, shadow_share_ppm INTEGER NOT NULL,
  shadow_atol_nano INTEGER NOT NULL, shadow_rtol_nano INTEGER NOT NULL, requests_min INTEGER NOT NULL,
  window_ms INTEGER NOT NULL, error_margin_ppm INTEGER NOT NULL, p99_ratio_percent INTEGER NOT NULL,
  unready_ms INTEGER NOT NULL, note TEXT NOT NULL, state TEXT NOT NULL, step INTEGER NOT NULL, reason TEXT NOT NULL,
  numbers TEXT NOT NULL, actor TEXT NOT NULL, started_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL);
CREATE UNIQUE INDEX rollouts_active ON rollouts(model) WHERE state IN ('running', 'paused');
CREATE INDEX rollouts_model ON rollouts(model, id);
CREATE TABLE verdicts(
  id INTEGER PRIMARY KEY, model TEXT NOT NULL, version TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
  numbers TEXT NOT NULL, back_to TEXT NOT NULL, actor TEXT NOT NULL, at_ms INTEGER NOT NULL, forgiven_ms INTEGER);
CREATE UNIQUE INDEX verdicts_open ON verdicts(model, version) WHERE forgiven_ms IS NULL;
CREATE INDEX verdicts_release ON verdicts(model, version, id);
INSERT INTO alias_steps VALUES(1, 'acme/classify', 'champion', '1.0.0', 'operator:rita', '', 'first', 1790000000000, X'0000000000000000000000000000000000000000000000000000000000000000', X'F3C969E6D6A9FF7886EFC09B82F16646E422FFC655169C44871FF7F0462A4DCB', X'A004312FDF1F731F4AADFDE60DBED0AC53F49C453ED247845E5C94752E33CD21666E1B76ED188D95177BD571C2C3644256D71384F6AEE9B492C45EC573FDDD05');
INSERT INTO alias_steps VALUES(2, 'acme/classify', 'champion', '1.9.0', 'operator:rita', '', 'second', 1790000000000, X'F3C969E6D6A9FF7886EFC09B82F16646E422FFC655169C44871FF7F0462A4DCB', X'2DA2C4D9D26EE1E585ADFF40F5850CE195C35AF951CF9A93792A127F96FDAA83', X'448C061B7B4E5DA68A121D42C28B09BC35CB625577EB0792343A868AB0798595B04EDE38ED48879C8738E2AE390792F5B85DC8C048F417DEACDC57B297903E0D');
INSERT INTO alias_steps VALUES(3, 'acme/talk', 'default', '1.9.0', 'operator:rita', '', 'held while 1.1.0 is tried', 1790000001000, X'2DA2C4D9D26EE1E585ADFF40F5850CE195C35AF951CF9A93792A127F96FDAA83', X'C81DFB852523AEA45876AE0ECF9D7CEEC270141E7E40046CB203FC840D4924A8', X'FF8AD66625884D836BCA4F87B12BB9D937B510DD5745D64223C16E9A6600D4881C7A9D9157B5D410E11D72BD6F9D8EC68AC5A460E66EA2A2200ADDC68CF13003');
INSERT INTO aliases VALUES('acme/classify', 'champion', 2, '1.9.0');
INSERT INTO aliases VALUES('acme/talk', 'default', 3, '1.9.0');
INSERT INTO audit VALUES(1, 1790000000000, 'registry', 'operator.create', 'alice', 'role admin, the first', X'0000000000000000000000000000000000000000000000000000000000000000', X'84ECD6D52287EC1BB9B293B2B903558C99FB4716E0DFA9F952BE6F5D61A7DE48');
INSERT INTO audit VALUES(2, 1790000000000, 'operator:alice', 'operator.create', 'rita', 'role reviewer', X'84ECD6D52287EC1BB9B293B2B903558C99FB4716E0DFA9F952BE6F5D61A7DE48', X'0DFDD318644FB71EA17F7617C4D293F40E06C88E4BCDC9CCC73EF5571E3DF872');
INSERT INTO audit VALUES(3, 1790000000000, 'operator:alice', 'publisher.create', 'acme', '', X'0DFDD318644FB71EA17F7617C4D293F40E06C88E4BCDC9CCC73EF5571E3DF872', X'AB2C8350308E3D2F063471BDC311B3EC3238021FD435748C4E28C1EC79EEBA29');
INSERT INTO audit VALUES(4, 1790000000000, 'publisher:acme', 'publisher.state', 'acme', 'pending -> verified: first key', X'AB2C8350308E3D2F063471BDC311B3EC3238021FD435748C4E28C1EC79EEBA29', X'B0EF09F472F98BD8967D8161D27A4927032AC34A7214527807DADDA638F4C094');
INSERT INTO audit VALUES(5, 1790000000000, 'publisher:acme', 'key.add', 'acme', 'db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', X'B0EF09F472F98BD8967D8161D27A4927032AC34A7214527807DADDA638F4C094', X'F605F052BB953B3A5493670A48603EB36119E1727EE5FC074CBA40F12A080382');
INSERT INTO audit VALUES(6, 1790000000000, 'publisher:acme', 'key.add', 'acme', '155a884ab5c34901b015b7892b5a586f008e6c5224acc5fa54e1697b222038e9', X'F605F052BB953B3A5493670A48603EB36119E1727EE5FC074CBA40F12A080382', X'714EAA52B10F17979F0ABA4A69B07033FAAADA843F41227B835C947878A5493C');
INSERT INTO audit VALUES(7, 1790000000000, 'operator:alice', 'publisher.create', 'rival', '', X'714EAA52B10F17979F0ABA4A69B07033FAAADA843F41227B835C947878A5493C', X'72C16199E8B5AA0815252CC69DF8CF624027B142F2E60E5B4351211EA53398BD');
INSERT INTO audit VALUES(8, 1790000000000, 'operator:alice', 'publisher.create', 'acne', 'held: looks like acme', X'72C16199E8B5AA0815252CC69DF8CF624027B142F2E60E5B4351211EA53398BD', X'19CA8B99D36105CA9E7FE0A1DB90C1B7312C1017CF35203445EFEDCA92ADD80B');
INSERT INTO audit VALUES(9, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.8.0', '91874f3c532afacd19de99deac0ac2c35c997fbcac8edc9d2a882d2aa0e69e08', X'19CA8B99D36105CA9E7FE0A1DB90C1B7312C1017CF35203445EFEDCA92ADD80B', X'D8535D7FB450A0A0A604BD63ED4EA06EDBA96A002414463213BFBFBEE9DCF159');
INSERT INTO audit VALUES(10, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.7.0', 'ea98beeb6d7f7bcaeb6371e50099316020203e724261d55b48190aa033ce07e7', X'D8535D7FB450A0A0A604BD63ED4EA06EDBA96A002414463213BFBFBEE9DCF159', X'B06C1BC0B8AD01BCCABAC19C70B225A6102709B109D6D2BF8B94764773B1D363');
INSERT INTO audit VALUES(11, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.7.0', 'signed by db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', X'B06C1BC0B8AD01BCCABAC19C70B225A6102709B109D6D2BF8B94764773B1D363', X'CF92B6FE3F5ABA22C15F4F6B980F5054D0463F327F4C38D29ADB7EB24BEA318A');
INSERT INTO audit VALUES(12, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.6.0', '28a945b95c601aa759308e43d99fd75396adca0244378380aa0eeb22f3e0bc10', X'CF92B6FE3F5ABA22C15F4F6B980F5054D0463F327F4C38D29ADB7EB24BEA318A', X'680A2B10C9135B7DFC7A41C5EB8F49735160174814847B21C2564FD9A5DC9C7F');
INSERT INTO audit VALUES(13, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.6.0', 'signed by db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', X'680A2B10C9135B7DFC7A41C5EB8F49735160174814847B21C2564FD9A5DC9C7F', X'A0C5255F0ABB52C3E4AC5C93D4472BD27873501B61039EAE250D15A7861D4A02');
INSERT INTO audit VALUES(14, 1790000000000, 'registry', 'release.check', 'acme/vision 1.6.0', '', X'A0C5255F0ABB52C3E4AC5C93D4472BD27873501B61039EAE250D15A7861D4A02', X'230BD19CE2BF8DD90317AF8D5C0030DFB194E0A9B5FA05D355F519D76A0A516F');
INSERT INTO audit VALUES(15, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.6.0', '', X'230BD19CE2BF8DD90317AF8D5C0030DFB194E0A9B5FA05D355F519D76A0A516F', X'80D62D410102185AA9BBB893228049C8B534E92D3571CB6E522FD2F2BB91E2F5');
INSERT INTO audit VALUES(16, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.5.0', 'e1d8df9c319816fff2f39e06eaf35c9003c1d970d58db36d6472ad2b48dc78aa', X'80D62D410102185AA9BBB893228049C8B534E92D3571CB6E522FD2F2BB91E2F5', X'3D0F994B333D1771083128B01A854D013F193E8426E646CFB218ECC26A802F99');
INSERT INTO audit VALUES(17, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.5.0', 'signed by db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', X'3D0F994B333D1771083128B01A854D013F193E8426E646CFB218ECC26A802F99', X'6A6452BE90E05C82A82226C5A3FC720F6E637D03386E4A71DE6FACF59EA49160');
INSERT INTO audit VALUES(18, 1790000000000, 'registry', 'release.check', 'acme/vision 1.5.0', '', X'6A6452BE90E05C82A82226C5A3FC720F6E637D03386E4A71DE6FACF59EA49160', X'C0144115267286697030B9D9E93600347679CCA076003A19C74526C09BB5EA9A');
INSERT INTO audit VALUES(19, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.5.0', '', X'C0144115267286697030B9D9E93600347679CCA076003A19C74526C09BB5EA9A', X'8D57EDF71CFD77384063C83E33ED3AD678546066AFCF20FDF037A0FD14EBB9C6');
INSERT INTO audit VALUES(20, 1790000000000, 'operator:rita', 'release.quarantine', 'acme/vision 1.5.0', 'not like this', X'8D57EDF71CFD77384063C83E33ED3AD678546066AFCF20FDF037A0FD14EBB9C6', X'C6C813DC60BE49B631A037A9736B80290553101958B4465F9126F2F5291C13C0');
INSERT INTO audit VALUES(21, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.4.0', '7f0fba0403290824a095e64a36c661fb717b2e9536dcf8d14f1830f7c06bbefa', X'C6C813DC60BE49B631A037A9736B80290553101958B4465F9126F2F5291C13C0', X'64391B4C3625803E5285D925B9F3746E374608ED52DB2FE6250752D5A36DAF72');
INSERT INTO audit VALUES(22, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.4.0', 'signed by db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', X'64391B4C3625803E5285D925B9F3746E374608ED52DB2FE6250752D5A36DAF72', X'4E2AA3EBEEE6ACFA20C88ED379B79BE77514F3D7D7E5959B14BE376181EA40D8');
INSERT INTO audit VALUES(23, 1790000000000, 'registry', 'release.check', 'acme/vision 1.4.0', '', X'4E2AA3EBEEE6ACFA20C88ED379B79BE77514F3D7D7E5959B14BE376181EA40D8', X'0DFC3B011B708973FA3C739DD0932C76D57DE6C2F5EC8D11101FBD434E7DE578');
INSERT INTO audit VALUES(24, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.4.0', '', X'0DFC3B011B708973FA3C739DD0932C76D57DE6C2F5EC8D11101FBD434E7DE578', X'EB41FBC2CD299C7286AB8E752C5C38E7E3AB9A35839D6C27F93292871E73D2A7');
INSERT INTO audit VALUES(25, 1790000000000, 'operator:rita', 'release.reject', 'acme/vision 1.4.0', 'not like this', X'EB41FBC2CD299C7286AB8E752C5C38E7E3AB9A35839D6C27F93292871E73D2A7', X'F513691D5EA36600A436EEC2A6B5924B393DE929DCE9DC65F5F99821513A0355');
INSERT INTO audit VALUES(26, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.0.0', 'af3cc82a7510c6b99a63813b30d04e283d31a59d5be7ec85c4c38c6b66d2b35e', X'F513691D5EA36600A436EEC2A6B5924B393DE929DCE9DC65F5F99821513A0355', X'15204C7CBD1B790E4843AA7C2FB2AF3CAA401A2F5B4C19981F183FCBDC131E0A');
INSERT INTO audit VALUES(27, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.0.0', 'signed by db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', X'15204C7CBD1B790E4843AA7C2FB2AF3CAA401A2F5B4C19981F183FCBDC131E0A', X'D2F074C56C5A4E94592599E57D863E13E6676C83B0BCE94C91B4948F0D91E5C5');
INSERT INTO audit VALUES(28, 1790000000000, 'registry', 'release.check', 'acme/vision 1.0.0', '', X'D2F074C56C5A4E94592599E57D863E13E6676C83B0BCE94C91B4948F0D91E5C5', X'284912AD64E9F374FBC670761F64E0A1F3509670EE3D09DF69235EDA7539A561');
INSERT INTO audit VALUES(29, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.0.0', '', X'284912AD64E9F374FBC670761F64E0A1F3509670EE3D09DF69235EDA7539A561', X'1680B343DA9B1CA1B2A7934AA8D4F18FD502F941D246E640C6EFB928B2FD5E8C');
INSERT INTO audit VALUES(30, 1790000000000, 'operator:rita', 'release.publish', 'acme/vision 1.0.0', 'looks good', X'1680B343DA9B1CA1B2A7934AA8D4F18FD502F941D246E640C6EFB928B2FD5E8C', X'7ACFCF2572C4D9419C6AC3791923E1EC86B845BF38FEE06C95CB0CEA5B0D9274');
INSERT INTO audit VALUES(31, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.1.0', '2e446466c740930b509c60eb6962caff80fc83e11301a40e422a429f0502a760', X'7ACFCF2572C4D9419C6AC3791923E1EC86B845BF38FEE06C95CB0CEA5B0D9274', X'2D3F6078F3AFDBE20F1464F9E66177080683443CDDA32D6432D27252072DF126');
INSERT INTO audit VALUES(32, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.1.0', 'signed by db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', X'2D3F6078F3AFDBE20F1464F9E66177080683443CDDA32D6432D27252072DF126', X'5F077A99D5AC2C15E8924FCD4B5E5DD2BA944366ED6131F0F6968F85E7EBF1A1');
INSERT INTO audit VALUES(33, 1790000000000, 'registry', 'release.check', 'acme/vision 1.1.0', '', X'5F077A99D5AC2C15E8924FCD4B5E5DD2BA944366ED6131F0F6968F85E7EBF1A1', X'651A77BC0190EF45B90D76D6D1D387ACF614533EDC6C1F95E607E4CC99911125');
INSERT INTO audit VALUES(34, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.1.0', '', X'651A77BC0190EF45B90D76D6D1D387ACF614533EDC6C1F95E607E4CC99911125', X'E7D5F00FC6EFE2B98DD646CC6D991F7EECEF93247A6C01EA9824536F45A641BF');
INSERT INTO audit VALUES(35, 1790000000000, 'operator:rita', 'release.publish', 'acme/vision 1.1.0', 'looks good', X'E7D5F00FC6EFE2B98DD646CC6D991F7EECEF93247A6C01EA9824536F45A641BF', X'8EB0F51E7DC0F5F10FA929DB038586C40B464342EC97D7C9B634FD1248C2966E');
INSERT INTO audit VALUES(36, 1790000000000, 'publisher:acme', 'release.deprecate', 'acme/vision 1.1.0', 'old', X'8EB0F51E7DC0F5F10FA929DB038586C40B464342EC97D7C9B634FD1248C2966E', X'9A0033D4796125720EF21D7BACC6D11A97A5AB7C370838301C2998B88A48404F');
INSERT INTO audit VALUES(37, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.2.0', 'c5f7bdcdcd2d5d1f12a739d08c69f250deadbe0efb2d21f987ef0924cdcf69ac', X'9A0033D4796125720EF21D7BACC6D11A97A5AB7C370838301C2998B88A48404F', X'F26797D622E66A2AED16FD2F1AB3CB6484D7A906A27E1C0FA91CBF31A2E6F513');
INSERT INTO audit VALUES(38, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.2.0', 'signed by db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', X'F26797D622E66A2AED16FD2F1AB3CB6484D7A906A27E1C0FA91CBF31A2E6F513', X'7CCEAAC57280842BD76CFBA9A53014487BA56D87AB65CF4E01098BEEBC5E8A25');
INSERT INTO audit VALUES(39, 1790000000000, 'registry', 'release.check', 'acme/vision 1.2.0', '', X'7CCEAAC57280842BD76CFBA9A53014487BA56D87AB65CF4E01098BEEBC5E8A25', X'06CDE303E4F589D27D2A8A41465DA136DCABF8D0EF0936AF80C2E5FFEFF725DF');
INSERT INTO audit VALUES(40, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.2.0', '', X'06CDE303E4F589D27D2A8A41465DA136DCABF8D0EF0936AF80C2E5FFEFF725DF', X'6E7D5A8407133F1B702210CB35E2EB927DBCAC58BF38AB398BE1BBDC09C4AE1D');
INSERT INTO audit VALUES(41, 1790000000000, 'operator:rita', 'release.publish', 'acme/vision 1.2.0', 'looks good', X'6E7D5A8407133F1B702210CB35E2EB927DBCAC58BF38AB398BE1BBDC09C4AE1D', X'71D88FFE934B7BE4FC0A28897FC3D7DB8806207A13AF035A685D560C2BADAA40');
INSERT INTO audit VALUES(42, 1790000000000, 'publisher:acme', 'release.yank', 'acme/vision 1.2.0', 'broken', X'71D88FFE934B7BE4FC0A28897FC3D7DB8806207A13AF035A685D560C2BADAA40', X'7D37E22FF26FB1BC06BC563FD299EE60C35A45F36AB3CEDB6564425BC0D67117');
INSERT INTO audit VALUES(43, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.3.0', 'd4e2d51257e2cf13ae96cd105e64e4f4af8714c4ba9258a6b5c7833bac728942', X'7D37E22FF26FB1BC06BC563FD299EE60C35A45F36AB3CEDB6564425BC0D67117', X'CAA93D5F521149A2D6064DE4684F63A1FF1A3251CFEDF0DCF00E3EF676A49C69');
INSERT INTO audit VALUES(44, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.3.0', 'signed by db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', X'CAA93D5F521149A2D6064DE4684F63A1FF1A3251CFEDF0DCF00E3EF676A49C69', X'5D3B5A1E96E49D47637A664C53B22E37F3C9A5E6EA10941CD8A9E11FF1455713');
INSERT INTO audit VALUES(45, 1790000000000, 'registry', 'release.check', 'acme/vision 1.3.0', '', X'5D3B5A1E96E49D47637A664C53B22E37F3C9A5E6EA10941CD8A9E11FF1455713', X'1C2A2E7FE5D529C7E924F7E52A6F45557F2A956F68A5DB2C65A32F3BF2ED922B');
INSERT INTO audit VALUES(46, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.3.0', '', X'1C2A2E7FE5D529C7E924F7E52A6F45557F2A956F68A5DB2C65A32F3BF2ED922B', X'1592E52365F6004A818CC95DC8699FE4AEA7F26D80AAF26980C4EBD8BC74BBE6');
INSERT INTO audit VALUES(47, 1790000000000, 'operator:rita', 'release.publish', 'acme/vision 1.3.0', 'looks good', X'1592E52365F6004A818CC95DC8699FE4AEA7F26D80AAF26980C4EBD8BC74BBE6', X'119BBB59CA3BFAED8A8F7EEBFCB7590656307AB5E27BC96A50F11339E2BBED03');
INSERT INTO audit VALUES(48, 1790000000000, 'operator:rita', 'release.revoke', 'acme/vision 1.3.0', 'harmful', X'119BBB59CA3BFAED8A8F7EEBFCB7590656307AB5E27BC96A50F11339E2BBED03', X'5D3D08DF7CB0CE44A16ECB05B30729B7C38489A9A601BE00C0736B2980314367');
INSERT INTO audit VALUES(49, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.9.0', 'c6b0bed8b141c6dc9d355904444b64cc2b5e05807abe0653c13ba57903af01b0', X'5D3D08DF7CB0CE44A16ECB05B30729B7C38489A9A601BE00C0736B2980314367', X'40BD0E371FBBF59253CE14738DED2A9E43EFFB3C89F985A72A78B3EAE2438EDB');
INSERT INTO audit VALUES(50, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.9.0', 'signed by db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', X'40BD0E371FBBF59253CE14738DED2A9E43EFFB3C89F985A72A78B3EAE2438EDB', X'6ED13BC34B7DCBC7515BDA2443D552A715B3A24242A91F273B23754B2E50FA00');
INSERT INTO audit VALUES(51, 1790000000000, 'registry', 'release.check', 'acme/vision 1.9.0', '', X'6ED13BC34B7DCBC7515BDA2443D552A715B3A24242A91F273B23754B2E50FA00', X'018BFE54E8710BF8160DB8BADB4742B4E3F3B0B0724F8ED30D0280343EBA8228');
INSERT INTO audit VALUES(52, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.9.0', '', X'018BFE54E8710BF8160DB8BADB4742B4E3F3B0B0724F8ED30D0280343EBA8228', X'D78F353EAF74856418F6DE7BEA3936388A22429EBC928F58392BFEAB4C654382');
INSERT INTO audit VALUES(53, 1790000000000, 'operator:rita', 'release.publish', 'acme/vision 1.9.0', 'looks good', X'D78F353EAF74856418F6DE7BEA3936388A22429EBC928F58392BFEAB4C654382', X'4431D13BD18ABB3DBEDAC5F1ABE5532C059ADC6788228293002A8B303F215E9A');
INSERT INTO audit VALUES(54, 1790000000000, 'operator:rita', 'alias.move', 'acme/classify@champion', '-> 1.0.0: first', X'4431D13BD18ABB3DBEDAC5F1ABE5532C059ADC6788228293002A8B303F215E9A', X'919E6C32A6C9BE9B14A4F730A024095967140B1DD239E18D7FDE70AA60EC23CE');
INSERT INTO audit VALUES(55, 1790000000000, 'operator:rita', 'alias.move', 'acme/classify@champion', '-> 1.9.0: second', X'919E6C32A6C9BE9B14A4F730A024095967140B1DD239E18D7FDE70AA60EC23CE', X'E1EF088030271D922637208F41F14741A889D799E0807A956BF12FB11792B45F');
INSERT INTO audit VALUES(56, 1790000000000, 'operator:alice', 'alias.approvals', 'acme/talk', '1 besides the one who moves it', X'E1EF088030271D922637208F41F14741A889D799E0807A956BF12FB11792B45F', X'0B74D60848232280F5B281EF97D6FCB4427E51F18E395906326E81DB0C410588');
INSERT INTO audit VALUES(57, 1790000000000, 'operator:rita', 'alias.propose', 'acme/talk@champion', '-> 1.0.0', X'0B74D60848232280F5B281EF97D6FCB4427E51F18E395906326E81DB0C410588', X'7ADCB7E1B809CF45D6BA572DCCB61CC1E5D17346B31DEAFC0CA4F30B3DFEFA41');
INSERT INTO audit VALUES(58, 1790000000000, 'registry', 'rollout.rolled_back', 'acme/classify', '1.0.0: rollout.errors: 9 of 10', X'7ADCB7E1B809CF45D6BA572DCCB61CC1E5D17346B31DEAFC0CA4F30B3DFEFA41', X'0CD0C917B4AD38F75337E5FE14996FFD3EB98A8DBB578CAF8A36DBFBAF9CA0A3');
INSERT INTO audit VALUES(59, 1790000000000, 'publisher:acme', 'evaluation.attach', 'acme/vision 1.0.0', 'eval_06gc8m3c00nn1wzjcjq8fd6apw: accuracy 1.0000 on animals (ee9c1331c074457bded9b9bdd0ff27bf8db1bba1d8babf771d89550f9b9db17f), 3 of 3 examples', X'0CD0C917B4AD38F75337E5FE14996FFD3EB98A8DBB578CAF8A36DBFBAF9CA0A3', X'3911A27D5374546EB408572D7DEF4CE748614371325D04C17793C9313E5EFFD3');
INSERT INTO audit VALUES(60, 1790000001000, 'operator:rita', 'alias.move', 'acme/talk@default', '-> 1.9.0: held while 1.1.0 is tried', X'3911A27D5374546EB408572D7DEF4CE748614371325D04C17793C9313E5EFFD3', X'5B6D494F5B5EFC5364CDB867780DBA5A256AAED5C8E7AA666ECE2853A51E0655');
INSERT INTO audit VALUES(61, 1790000001000, 'operator:rita', 'rollout.start', 'acme/talk', '1.1.0 as the shadow of 1.9.0, 1000000 ppm', X'5B6D494F5B5EFC5364CDB867780DBA5A256AAED5C8E7AA666ECE2853A51E0655', X'38D0CC3B1A70261C79C3A41673BDD68CF2A595E8F77A39B9E689EF45DB012806');
INSERT INTO catalogue VALUES(59);
INSERT INTO checks VALUES('rel_06gc8m3c00bb8xk73naaxdattg', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c010bdjnwyayyfy3haw', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c038hxz25baywpbewhg', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c00s3bvzdhpz97eqpj0', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c03850pssxtg420krrw', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c02n02n0vkn2dk0vq48', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c017s1tp2eegayfcnpr', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c000nhsg6npe0yffbcg', 0, 'signature', 'passed', '', '', 12);
INSERT INTO evaluations VALUES('eval_06gc8m3c00nn1wzjcjq8fd6apw', 'rel_06gc8m3c00s3bvzdhpz97eqpj0', 'acme/classify', X'EE9C1331C074457BDED9B9BDD0FF27BF8DB1BBA1D8BABF771D89550F9B9DB17F', 'animals', '{"stoa_evaluation":1,"release":{"plugin":"acme/vision","version":"1.0.0","package_sha256":"af3cc82a7510c6b99a63813b30d04e283d31a59d5be7ec85c4c38c6b66d2b35e"},"model":"acme/classify","dataset":{"name":"animals","sha256":"ee9c1331c074457bded9b9bdd0ff27bf8db1bba1d8babf771d89550f9b9db17f","examples":3},"scores":{"task":"classification","examples":3,"answered":3,"failed":0,"failures":[],"right":3,"foreign":0,"accuracy":1.0,"accuracy_95":[0.438503,1.0],"macro_f1":1.0,"micro_f1":1.0,"classes":[{"label":"cat","expected":2,"answered":2,"right":2,"precision":1.0,"recall":1.0,"f1":1.0},{"label":"dog","expected":1,"answered":1,"right":1,"precision":1.0,"recall":1.0,"f1":1.0}],"latency_us":{"p50":200,"p99":300,"max":300}},"definitions":{"accuracy":"right / examples; a failure is not right","accuracy_95":"Wilson''s interval","f1":"2 right / (answered + expected), of a label of the set","macro_f1":"mean of f1 over the labels of the set","micro_f1":"2 right / (answered + expected), summed over the labels of the set","foreign":"answers that are no label of the set","latency_us":"nearest rank over answered examples, from the request to its whole answer"},"run":{"on":"package","isolation":"T2","concurrency":1,"os":"linux","arch":"x86_64","cpu":"any","cpus":2,"stoa":"0.1.0","at_ms":1790000000000,"took_ms":9},"outcomes":{"sha256":"0528ff31b9ba09d9cc289db2b56a1d696238ea3929e9087119ca591a66b92658","bytes":209}}', X'ABE1EF442E3B7370FC2E45231C645F4CD7347986166A01DE6FA831B0379BF5C1ED403000551F105A3B5B8F19EEA8E0BD2791C6267EF5939674686F47EF7F080F', 1790000000000, 'publisher:acme', 'db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', X'B2E2BB1E3CC3F38E74F61D9A6FAE8FE946F50F81B838EFDE97B12AE6084CCC60', 1, X'CC9C9B39E47668B7EBB25C19DB501D47DC213235A2E847885F68BDF8A4932BC9', NULL);
INSERT INTO model_rules VALUES('acme/talk', 1);
INSERT INTO model_texts VALUES(1, 'acme/classify', 'acme/vision', 'image-classification', 'sees');
INSERT INTO model_texts VALUES(2, 'acme/talk', 'acme/vision', 'text-generation', '');
INSERT INTO operators VALUES('op_06gc8m3c03142mx1rzyjr7fa4m', 'alice', 'admin', X'89211FA99D27D301A1B8CDD90A8D9DD29693F6B37185F10AC24338C4781214C9', 1790000000000, NULL);
INSERT INTO operators VALUES('op_06gc8m3c03y0mw0rrmep1jx0fm', 'rita', 'reviewer', X'FCFD668515B7FAF5DBD2C0629126FEDDC769EF4FC81F268C48FE8901A97722AC', 1790000000000, NULL);
INSERT INTO plugins VALUES('acme/vision', 'acme', 'listed', NULL, 1790000000000);
INSERT INTO proposals VALUES('prop_06gc8m3c03yt6sdaxrnb02ae74', 'acme/talk', 'champion', '1.0.0', '', 'operator:rita', 1790000000000, 'open', NULL, NULL);
INSERT INTO publisher_keys VALUES('acme', 'db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', X'B2E2BB1E3CC3F38E74F61D9A6FAE8FE946F50F81B838EFDE97B12AE6084CCC60', 'release', 1790000000000, NULL, NULL, '', 1790000000000);
INSERT INTO publisher_keys VALUES('acme', '155a884ab5c34901b015b7892b5a586f008e6c5224acc5fa54e1697b222038e9', X'8225D26A2646062D95DEE4754DE8363F3E64DE21288FDA5025FB158E8F81D6C0', 'release', 1790000000000, NULL, NULL, '', 1790000000000);
INSERT INTO publishers VALUES('acme', 'Acme Inc.', 'verified', NULL, X'AD69B8DEAD7899C3405ABC8EE88E706A8C09745DDAD873A92A3E96F429E5C2D4', 10737418240, 1790000000000, 1790000000000);
INSERT INTO publishers VALUES('rival', 'rival', 'pending', NULL, X'20A9C8E6AE54C2F35649124B432424E1FEC2BC515E755842DA75F20FA4D8B594', 10737418240, 1790000000000, NULL);
INSERT INTO publishers VALUES('acne', 'acne', 'pending', 'looks like acme', X'F97182D1610C5F4836ED620960844F762A23668B5A51CD07F62DE409B5E57032', 10737418240, 1790000000000, NULL);
INSERT INTO release_documents VALUES('rel_06gc8m3c027chbh30a843vrbyg', '', 'first');
INSERT INTO release_documents VALUES('rel_06gc8m3c03e6tr5c9sjb42r0pr', '{
 "stoa": 1,
 "id": "acme/vision",
 "version": "1.7.0",
 "description": "sees",
 "homepage": "https://acme.example/vision",
 "abi": {
  "min": 1,
  "max": 1
 },
 "licences": {
  "code": "Apache-2.0",
  "weights": "CC-BY-4.0 OR LicenseRef-acme"
 },
 "permissions": [
  "scratch:64MiB"
 ],
 "platforms": [
  {
   "os": "linux",
   "arch": "x86_64",
   "libc": "glibc",
   "libc_min": "2.36",
   "library": "lib/linux-x86_64/plugin.so",
   "sha256": "68124d7ed660c4e550b254d58372ac1630a08a836e9c03e98b8e6028190ada7b",
   "size": 51
  }
 ],
 "models": [
  {
   "name": "classify",
   "task": "image-classification",
   "description": "sees",
   "inputs": [
    {
     "name": "image",
     "kind": "bytes",
     "media_types": [
      "image/png"
     ],
     "optional": true
    },
    {
     "name": "pixels",
     "datatype": "UINT8",
     "shape": [
      -1,
      2
     ],
     "optional": true
    }
   ],
   "one_of": [
    [
     "image",
     "pixels"
    ]
   ],
   "outputs": [
    {
     "name": "label",
     "datatype": "BYTES",
     "shape": [
      -1
     ]
    },
    {
     "name": "p",
     "datatype": "FP32",
     "shape": [
      -1,
      2
     ]
    }
   ],
   "meters": [
    "call",
    "image"
   ],
   "limits": {
    "threads": 1,
    "queue_max": 0
   },
   "config": {
    "k": [
     1
    ]
   }
  },
  {
   "name": "talk",
   "task": "text-generation",
   "streaming": true,
   "inputs": [
    {
     "name": "text",
     "kind": "text"
    }
   ],
   "outputs": [
    {
     "name": "reply",
     "kind": "json"
    }
   ]
  }
 ],
 "assets": [
  {
   "path": "assets/weights.bin",
   "media_type": "application/octet-stream",
   "sha256": "e00c43f074fc6e272b08031f54002ba1e4d21bb6a4907d54ecab45adfc1e1610",
   "size": 95
  },
  {
   "path": "assets/golden/boot.png",
   "media_type": "image/png",
   "sha256": "0f4636c78f65d3639ece5a064b5ae753e3408614a14fb18ab4d7540d2c248543",
   "size": 4
  }
 ],
 "golden": [
  {
   "name": "boot",
   "model": "classify",
   "parameters": {
    "top": 1
   },
   "inputs": [
    {
     "name": "image",
     "data": "@assets/golden/boot.png"
    }
   ],
   "outputs": [
    {
     "name": "label",
     "datatype": "BYTES",
     "shape": [
      1
     ],
     "data": [
      "boot"
     ]
    },
    {
     "name": "p",
     "datatype": "FP32",
     "shape": [
      1,
      2
     ],
     "data": [
      0.25,
      0.75
     ],
     "atol": 0.001
    }
   ]
  },
  {
   "name": "hello",
   "model": "talk",
   "inputs": [
    {
     "name": "text",
     "data": "hi"
    }
   ],
   "outputs": [
    {
     "name": "reply",
     "data": {
      "a": 1
     }
    }
   ]
  }
 ],
 "source_sha256": "d078606358eb0f75e25280f76c261362b9e4d889022577a31a1fb77564c5be54"
}
', 'first');
INSERT INTO release_documents VALUES('rel_06gc8m3c00bb8xk73naaxdattg', '{
 "stoa": 1,
 "id": "acme/vision",
 "version": "1.6.0",
 "description": "sees",
 "homepage": "https://acme.example/vision",
 "abi": {
  "min": 1,
  "max": 1
 },
 "licences": {
  "code": "Apache-2.0",
  "weights": "CC-BY-4.0 OR LicenseRef-acme"
 },
 "permissions": [
  "scratch:64MiB"
 ],
 "platforms": [
  {
   "os": "linux",
   "arch": "x86_64",
   "libc": "glibc",
   "libc_min": "2.36",
   "library": "lib/linux-x86_64/plugin.so",
   "sha256": "68124d7ed660c4e550b254d58372ac1630a08a836e9c03e98b8e6028190ada7b",
   "size": 51
  }
 ],
 "models": [
  {
   "name": "classify",
   "task": "image-classification",
   "description": "sees",
   "inputs": [
    {
     "name": "image",
     "kind": "bytes",
     "media_types": [
      "image/png"
     ],
     "optional": true
    },
    {
     "name": "pixels",
     "datatype": "UINT8",
     "shape": [
      -1,
      2
     ],
     "optional": true
    }
   ],
   "one_of": [
    [
     "image",
     "pixels"
    ]
   ],
   "outputs": [
    {
     "name": "label",
     "datatype": "BYTES",
     "shape": [
      -1
     ]
    },
    {
     "name": "p",
     "datatype": "FP32",
     "shape": [
      -1,
      2
     ]
    }
   ],
   "meters": [
    "call",
    "image"
   ],
   "limits": {
    "threads": 1,
    "queue_max": 0
   },
   "config": {
    "k": [
     1
    ]
   }
  },
  {
   "name": "talk",
   "task": "text-generation",
   "streaming": true,
   "inputs": [
    {
     "name": "text",
     "kind": "text"
    }
   ],
   "outputs": [
    {
     "name": "reply",
     "kind": "json"
    }
   ]
  }
 ],
 "assets": [
  {
   "path": "assets/weights.bin",
   "media_type": "application/octet-stream",
   "sha256": "4c448b2501e4776896fecc762fb04f3a1f33d096d2366f99a927d0a3c4a2b3f2",
   "size": 95
  },
  {
   "path": "assets/golden/boot.png",
   "media_type": "image/png",
   "sha256": "0f4636c78f65d3639ece5a064b5ae753e3408614a14fb18ab4d7540d2c248543",
   "size": 4
  }
 ],
 "golden": [
  {
   "name": "boot",
   "model": "classify",
   "parameters": {
    "top": 1
   },
   "inputs": [
    {
     "name": "image",
     "data": "@assets/golden/boot.png"
    }
   ],
   "outputs": [
    {
     "name": "label",
     "datatype": "BYTES",
     "shape": [
      1
     ],
     "data": [
      "boot"
     ]
    },
    {
     "name": "p",
     "datatype": "FP32",
     "shape": [
      1,
      2
     ],
     "data": [
      0.25,
      0.75
     ],
     "atol": 0.001
    }
   ]
  },
  {
   "name": "hello",
   "model": "talk",
   "inputs": [
    {
     "name": "text",
     "data": "hi"
    }
   ],
   "outputs": [
    {
     "name": "reply",
     "data": {
      "a": 1
     }
    }
   ]
  }
 ],
 "source_sha256": "f318cff49c50076019b985024e57fa5ad34e3dd69fb8b16fd2aefac3b4650eec"
}
', 'first');
INSERT INTO release_documents VALUES('rel_06gc8m3c010bdjnwyayyfy3haw', '{
 "stoa": 1,
 "id": "acme/vision",
 "version": "1.5.0",
 "description": "sees",
 "homepage": "https://acme.example/vision",
 "abi": {
  "min": 1,
  "max": 1
 },
 "licences": {
  "code": "Apache-2.0",
  "weights": "CC-BY-4.0 OR LicenseRef-acme"
 },
 "permissions": [
  "scratch:64MiB"
 ],
 "platforms": [
  {
   "os": "linux",
   "arch": "x86_64",
   "libc": "glibc",
   "libc_min": "2.36",
   "library": "lib/linux-x86_64/plugin.so",
   "sha256": "68124d7ed660c4e550b254d58372ac1630a08a836e9c03e98b8e6028190ada7b",
   "size": 51
  }
 ],
 "models": [
  {
   "name": "classify",
   "task": "image-classification",
   "description": "sees",
   "inputs": [
    {
     "name": "image",
     "kind": "bytes",
     "media_types": [
      "image/png"
     ],
     "optional": true
    },
    {
     "name": "pixels",
     "datatype": "UINT8",
     "shape": [
      -1,
      2
     ],
     "optional": true
    }
   ],
   "one_of": [
    [
     "image",
     "pixels"
    ]
   ],
   "outputs": [
    {
     "name": "label",
     "datatype": "BYTES",
     "shape": [
      -1
     ]
    },
    {
     "name": "p",
     "datatype": "FP32",
     "shape": [
      -1,
      2
     ]
    }
   ],
   "meters": [
    "call",
    "image"
   ],
   "limits": {
    "threads": 1,
    "queue_max": 0
   },
   "config": {
    "k": [
     1
    ]
   }
  },
  {
   "name": "talk",
   "task": "text-generation",
   "streaming": true,
   "inputs": [
    {
     "name": "text",
     "kind": "text"
    }
   ],
   "outputs": [
    {
     "name": "reply",
     "kind": "json"
    }
   ]
  }
 ],
 "assets": [
  {
   "path": "assets/weights.bin",
   "media_type": "application/octet-stream",
   "sha256": "f226dc3a7a749f14105cdedf3c44215dc3a79ae5a2f9d6ea7ade8b0fdf67bf6f",
   "size": 95
  },
  {
   "path": "assets/golden/boot.png",
   "media_type": "image/png",
   "sha256": "0f4636c78f65d3639ece5a064b5ae753e3408614a14fb18ab4d7540d2c248543",
   "size": 4
  }
 ],
 "golden": [
  {
   "name": "boot",
   "model": "classify",
   "parameters": {
    "top": 1
   },
   "inputs": [
    {
     "name": "image",
     "data": "@assets/golden/boot.png"
    }
   ],
   "outputs": [
    {
     "name": "label",
     "datatype": "BYTES",
     "shape": [
      1
     ],
     "data": [
      "boot"
     ]
    },
    {
     "name": "p",
     "datatype": "FP32",
     "shape": [
      1,
      2
     ],
     "data": [
      0.25,
      0.75
     ],
     "atol": 0.001
    }
   ]
  },
  {
   "name": "hello",
   "model": "talk",
   "inputs": [
    {
     "name": "text",
     "data": "hi"
    }
   ],
   "outputs": [
    {
     "name": "reply",
     "data": {
      "a": 1
     }
    }
   ]
  }
 ],
 "source_sha256": "38c2ae53d936df9ca412408e8d8df3ae4ea5877c4c83f302e23d3c4ea0ca1bde"
}
', 'first');
INSERT INTO release_documents VALUES('rel_06gc8m3c038hxz25baywpbewhg', '{
 "stoa": 1,
 "id": "acme/vision",
 "version": "1.4.0",
 "description": "sees",
 "homepage": "https://acme.example/vision",
 "abi": {
  "min": 1,
  "max": 1
 },
 "licences": {
  "code": "Apache-2.0",
  "weights": "CC-BY-4.0 OR LicenseRef-acme"
 },
 "permissions": [
  "scratch:64MiB"
 ],
 "platforms": [
  {
   "os": "linux",
   "arch": "x86_64",
   "libc": "glibc",
   "libc_min": "2.36",
   "library": "lib/linux-x86_64/plugin.so",
   "sha256": "68124d7ed660c4e550b254d58372ac1630a08a836e9c03e98b8e6028190ada7b",
   "size": 51
  }
 ],
 "models": [
  {
   "name": "classify",
   "task": "image-classification",
   "description": "sees",
   "inputs": [
    {
     "name": "image",
     "kind": "bytes",
     "media_types": [
      "image/png"
     ],
     "optional": true
    },
    {
     "name": "pixels",
     "datatype": "UINT8",
     "shape": [
      -1,
      2
     ],
     "optional": true
    }
   ],
   "one_of": [
    [
     "image",
     "pixels"
    ]
   ],
   "outputs": [
    {
     "name": "label",
     "datatype": "BYTES",
     "shape": [
      -1
     ]
    },
    {
     "name": "p",
     "datatype": "FP32",
     "shape": [
      -1,
      2
     ]
    }
   ],
   "meters": [
    "call",
    "image"
   ],
   "limits": {
    "threads": 1,
    "queue_max": 0
   },
   "config": {
    "k": [
     1
    ]
   }
  },
  {
   "name": "talk",
   "task": "text-generation",
   "streaming": true,
   "inputs": [
    {
     "name": "text",
     "kind": "text"
    }
   ],
   "outputs": [
    {
     "name": "reply",
     "kind": "json"
    }
   ]
  }
 ],
 "assets": [
  {
   "path": "assets/weights.bin",
   "media_type": "application/octet-stream",
   "sha256": "83470214955e28b9629017588d1750f7548c836ec6677960639b56974c72a56b",
   "size": 95
  },
  {
   "path": "assets/golden/boot.png",
   "media_type": "image/png",
   "sha256": "0f4636c78f65d3639ece5a064b5ae753e3408614a14fb18ab4d7540d2c248543",
   "size": 4
  }
 ],
 "golden": [
  {
   "name": "boot",
   "model": "classify",
   "parameters": {
    "top": 1
   },
   "inputs": [
    {
     "name": "image",
     "data": "@assets/golden/boot.png"
    }
   ],
   "outputs": [
    {
     "name": "label",
     "datatype": "BYTES",
     "shape": [
      1
     ],
     "data": [
      "boot"
     ]
    },
    {
     "name": "p",
     "datatype": "FP32",
     "shape": [
      1,
      2
     ],
     "data": [
      0.25,
      0.75
     ],
     "atol": 0.001
    }
   ]
  },
  {
   "name": "hello",
   "model": "talk",
   "inputs": [
    {
     "name": "text",
     "data": "hi"
    }
   ],
   "outputs": [
    {
     "name": "reply",
     "data": {
      "a": 1
     }
    }
   ]
  }
 ],
 "source_sha256": "5e0471f3dde551f77fdb2f796dfa9423d2f9b0eb4df3d4c71ebbbb7d970024e2"
}
', 'first');
INSERT INTO release_documents VALUES('rel_06gc8m3c00s3bvzdhpz97eqpj0', '{
 "stoa": 1,
 "id": "acme/vision",
 "version": "1.0.0",
 "description": "sees",
 "homepage": "https://acme.example/vision",
 "abi": {
  "min": 1,
  "max": 1
 },
 "licences": {
  "code": "Apache-2.0",
  "weights": "CC-BY-4.0 OR LicenseRef-acme"
 },
 "permissions": [
  "scratch:64MiB"
 ],
 "platforms": [
  {
   "os": "linux",
   "arch": "x86_64",
   "libc": "glibc",
   "libc_min": "2.36",
   "library": "lib/linux-x86_64/plugin.so",
   "sha256": "68124d7ed660c4e550b254d58372ac1630a08a836e9c03e98b8e6028190ada7b",
   "size": 51
  }
 ],
 "models": [
  {
   "name": "classify",
   "task": "image-classification",
   "description": "sees",
   "inputs": [
    {
     "name": "image",
     "kind": "bytes",
     "media_types": [
      "image/png"
     ],
     "optional": true
    },
    {
     "name": "pixels",
     "datatype": "UINT8",
     "shape": [
      -1,
      2
     ],
     "optional": true
    }
   ],
   "one_of": [
    [
     "image",
     "pixels"
    ]
   ],
   "outputs": [
    {
     "name": "label",
     "datatype": "BYTES",
     "shape": [
      -1
     ]
    },
    {
     "name": "p",
     "datatype": "FP32",
     "shape": [
      -1,
      2
     ]
    }
   ],
   "meters": [
    "call",
    "image"
   ],
   "limits": {
    "threads": 1,
    "queue_max": 0
   },
   "config": {
    "k": [
     1
    ]
   }
  },
  {
   "name": "talk",
   "task": "text-generation",
   "streaming": true,
   "inputs": [
    {
     "name": "text",
     "kind": "text"
    }
   ],
   "outputs": [
    {
     "name": "reply",
     "kind": "json"
    }
   ]
  }
 ],
 "assets": [
  {
   "path": "assets/weights.bin",
   "media_type": "application/octet-stream",
   "sha256": "7571f4487bd9b8690e9a3a9cb0a1989475c5b9eef708c7073917693725e12bdc",
   "size": 95
  },
  {
   "path": "assets/golden/boot.png",
   "media_type": "image/png",
   "sha256": "0f4636c78f65d3639ece5a064b5ae753e3408614a14fb18ab4d7540d2c248543",
   "size": 4
  }
 ],
 "golden": [
  {
   "name": "boot",
   "model": "classify",
   "parameters": {
    "top": 1
   },
   "inputs": [
    {
     "name": "image",
     "data": "@assets/golden/boot.png"
    }
   ],
   "outputs": [
    {
     "name": "label",
     "datatype": "BYTES",
     "shape": [
      1
     ],
     "data": [
      "boot"
     ]
    },
    {
     "name": "p",
     "datatype": "FP32",
     "shape": [
      1,
      2
     ],
     "data": [
      0.25,
      0.75
     ],
     "atol": 0.001
    }
   ]
  },
  {
   "name": "hello",
   "model": "talk",
   "inputs": [
    {
     "name": "text",
     "data": "hi"
    }
   ],
   "outputs": [
    {
     "name": "reply",
     "data": {
      "a": 1
     }
    }
   ]
  }
 ],
 "source_sha256": "228a0312d1d89c6fec4ed68282988e54ade15f42477a324a275ec1f2574fc4db"
}
', 'first');
INSERT INTO release_documents VALUES('rel_06gc8m3c03850pssxtg420krrw', '{
 "stoa": 1,
 "id": "acme/vision",
 "version": "1.1.0",
 "description": "sees",
 "homepage": "https://acme.example/vision",
 "abi": {
  "min": 1,
  "max": 1
 },
 "licences": {
  "code": "Apache-2.0",
  "weights": "CC-BY-4.0 OR LicenseRef-acme"
 },
 "permissions": [
  "scratch:64MiB"
 ],
 "platforms": [
  {
   "os": "linux",
   "arch": "x86_64",
   "libc": "glibc",
   "libc_min": "2.36",
   "library": "lib/linux-x86_64/plugin.so",
   "sha256": "68124d7ed660c4e550b254d58372ac1630a08a836e9c03e98b8e6028190ada7b",
   "size": 51
  }
 ],
 "models": [
  {
   "name": "classify",
   "task": "image-classification",
   "description": "sees",
   "inputs": [
    {
     "name": "image",
     "kind": "bytes",
     "media_types": [
      "image/png"
     ],
     "optional": true
    },
    {
     "name": "pixels",
     "datatype": "UINT8",
     "shape": [
      -1,
      2
     ],
     "optional": true
    }
   ],
   "one_of": [
    [
     "image",
     "pixels"
    ]
   ],
   "outputs": [
    {
     "name": "label",
     "datatype": "BYTES",
     "shape": [
      -1
     ]
    },
    {
     "name": "p",
     "datatype": "FP32",
     "shape": [
      -1,
      2
     ]
    }
   ],
   "meters": [
    "call",
    "image"
   ],
   "limits": {
    "threads": 1,
    "queue_max": 0
   },
   "config": {
    "k": [
     1
    ]
   }
  },
  {
   "name": "talk",
   "task": "text-generation",
   "streaming": true,
   "inputs": [
    {
     "name": "text",
     "kind": "text"
    }
   ],
   "outputs": [
    {
     "name": "reply",
     "kind": "json"
    }
   ]
  }
 ],
 "assets": [
  {
   "path": "assets/weights.bin",
   "media_type": "application/octet-stream",
   "sha256": "489feae457cdfc003636e4acf0d4158bb20264601664320d9306731f66a7dc7d",
   "size": 95
  },
  {
   "path": "assets/golden/boot.png",
   "media_type": "image/png",
   "sha256": "0f4636c78f65d3639ece5a064b5ae753e3408614a14fb18ab4d7540d2c248543",
   "size": 4
  }
 ],
 "golden": [
  {
   "name": "boot",
   "model": "classify",
   "parameters": {
    "top": 1
   },
   "inputs": [
    {
     "name": "image",
     "data": "@assets/golden/boot.png"
    }
   ],
   "outputs": [
    {
     "name": "label",
     "datatype": "BYTES",
     "shape": [
      1
     ],
     "data": [
      "boot"
     ]
    },
    {
     "name": "p",
     "datatype": "FP32",
     "shape": [
      1,
      2
     ],
     "data": [
      0.25,
      0.75
     ],
     "atol": 0.001
    }
   ]
  },
  {
   "name": "hello",
   "model": "talk",
   "inputs": [
    {
     "name": "text",
     "data": "hi"
    }
   ],
   "outputs": [
    {
     "name": "reply",
     "data": {
      "a": 1
     }
    }
   ]
  }
 ],
 "source_sha256": "b98a79d30f1141f4705603069bf6e7b36076aa177ae277ebe53571c17e03d017"
}
', 'first');
INSERT INTO release_documents VALUES('rel_06gc8m3c02n02n0vkn2dk0vq48', '{
 "stoa": 1,
 "id": "acme/vision",
 "version": "1.2.0",
 "description": "sees",
 "homepage": "https://acme.example/vision",
 "abi": {
  "min": 1,
  "max": 1
 },
 "licences": {
  "code": "Apache-2.0",
  "weights": "CC-BY-4.0 OR LicenseRef-acme"
 },
 "permissions": [
  "scratch:64MiB"
 ],
 "platforms": [
  {
   "os": "linux",
   "arch": "x86_64",
   "libc": "glibc",
   "libc_min": "2.36",
   "library": "lib/linux-x86_64/plugin.so",
   "sha256": "68124d7ed660c4e550b254d58372ac1630a08a836e9c03e98b8e6028190ada7b",
   "size": 51
  }
 ],
 "models": [
  {
   "name": "classify",
   "task": "image-classification",
   "description": "sees",
   "inputs": [
    {
     "name": "image",
     "kind": "bytes",
     "media_types": [
      "image/png"
     ],
     "optional": true
    },
    {
     "name": "pixels",
     "datatype": "UINT8",
     "shape": [
      -1,
      2
     ],
     "optional": true
    }
   ],
   "one_of": [
    [
     "image",
     "pixels"
    ]
   ],
   "outputs": [
    {
     "name": "label",
     "datatype": "BYTES",
     "shape": [
      -1
     ]
    },
    {
     "name": "p",
     "datatype": "FP32",
     "shape": [
      -1,
      2
     ]
    }
   ],
   "meters": [
    "call",
    "image"
   ],
   "limits": {
    "threads": 1,
    "queue_max": 0
   },
   "config": {
    "k": [
     1
    ]
   }
  },
  {
   "name": "talk",
   "task": "text-generation",
   "streaming": true,
   "inputs": [
    {
     "name": "text",
     "kind": "text"
    }
   ],
   "outputs": [
    {
     "name": "reply",
     "kind": "json"
    }
   ]
  }
 ],
 "assets": [
  {
   "path": "assets/weights.bin",
   "media_type": "application/octet-stream",
   "sha256": "56c565677e7d9cb0fe1c403c7df5a277c0671579b99239e6aba256fc9e2640b1",
   "size": 95
  },
  {
   "path": "assets/golden/boot.png",
   "media_type": "image/png",
   "sha256": "0f4636c78f65d3639ece5a064b5ae753e3408614a14fb18ab4d7540d2c248543",
   "size": 4
  }
 ],
 "golden": [
  {
   "name": "boot",
   "model": "classify",
   "parameters": {
    "top": 1
   },
   "inputs": [
    {
     "name": "image",
     "data": "@assets/golden/boot.png"
    }
   ],
   "outputs": [
    {
     "name": "label",
     "datatype": "BYTES",
     "shape": [
      1
     ],
     "data": [
      "boot"
     ]
    },
    {
     "name": "p",
     "datatype": "FP32",
     "shape": [
      1,
      2
     ],
     "data": [
      0.25,
      0.75
     ],
     "atol": 0.001
    }
   ]
  },
  {
   "name": "hello",
   "model": "talk",
   "inputs": [
    {
     "name": "text",
     "data": "hi"
    }
   ],
   "outputs": [
    {
     "name": "reply",
     "data": {
      "a": 1
     }
    }
   ]
  }
 ],
 "source_sha256": "966c32ab8997e172bc7ef73b08420d9663766dfd58a58115c108e1028a7fcd5c"
}
', 'first');
INSERT INTO release_documents VALUES('rel_06gc8m3c017s1tp2eegayfcnpr', '{
 "stoa": 1,
 "id": "acme/vision",
 "version": "1.3.0",
 "description": "sees",
 "homepage": "https://acme.example/vision",
 "abi": {
  "min": 1,
  "max": 1
 },
 "licences": {
  "code": "Apache-2.0",
  "weights": "CC-BY-4.0 OR LicenseRef-acme"
 },
 "permissions": [
  "scratch:64MiB"
 ],
 "platforms": [
  {
   "os": "linux",
   "arch": "x86_64",
   "libc": "glibc",
   "libc_min": "2.36",
   "library": "lib/linux-x86_64/plugin.so",
   "sha256": "68124d7ed660c4e550b254d58372ac1630a08a836e9c03e98b8e6028190ada7b",
   "size": 51
  }
 ],
 "models": [
  {
   "name": "classify",
   "task": "image-classification",
   "description": "sees",
   "inputs": [
    {
     "name": "image",
     "kind": "bytes",
     "media_types": [
      "image/png"
     ],
     "optional": true
    },
    {
     "name": "pixels",
     "datatype": "UINT8",
     "shape": [
      -1,
      2
     ],
     "optional": true
    }
   ],
   "one_of": [
    [
     "image",
     "pixels"
    ]
   ],
   "outputs": [
    {
     "name": "label",
     "datatype": "BYTES",
     "shape": [
      -1
     ]
    },
    {
     "name": "p",
     "datatype": "FP32",
     "shape": [
      -1,
      2
     ]
    }
   ],
   "meters": [
    "call",
    "image"
   ],
   "limits": {
    "threads": 1,
    "queue_max": 0
   },
   "config": {
    "k": [
     1
    ]
   }
  },
  {
   "name": "talk",
   "task": "text-generation",
   "streaming": true,
   "inputs": [
    {
     "name": "text",
     "kind": "text"
    }
   ],
   "outputs": [
    {
     "name": "reply",
     "kind": "json"
    }
   ]
  }
 ],
 "assets": [
  {
   "path": "assets/weights.bin",
   "media_type": "application/octet-stream",
   "sha256": "853b86d31dda06af6a7bd5e2b5713acc8641d4f10a219f458924e69ba3dead9c",
   "size": 95
  },
  {
   "path": "assets/golden/boot.png",
   "media_type": "image/png",
   "sha256": "0f4636c78f65d3639ece5a064b5ae753e3408614a14fb18ab4d7540d2c248543",
   "size": 4
  }
 ],
 "golden": [
  {
   "name": "boot",
   "model": "classify",
   "parameters": {
    "top": 1
   },
   "inputs": [
    {
     "name": "image",
     "data": "@assets/golden/boot.png"
    }
   ],
   "outputs": [
    {
     "name": "label",
     "datatype": "BYTES",
     "shape": [
      1
     ],
     "data": [
      "boot"
     ]
    },
    {
     "name": "p",
     "datatype": "FP32",
     "shape": [
      1,
      2
     ],
     "data": [
      0.25,
      0.75
     ],
     "atol": 0.001
    }
   ]
  },
  {
   "name": "hello",
   "model": "talk",
   "inputs": [
    {
     "name": "text",
     "data": "hi"
    }
   ],
   "outputs": [
    {
     "name": "reply",
     "data": {
      "a": 1
     }
    }
   ]
  }
 ],
 "source_sha256": "7a89b68bee42c468d5323a86b11d830bc958a1b75208a356204c3d62a9608734"
}
', 'first');
INSERT INTO release_documents VALUES('rel_06gc8m3c000nhsg6npe0yffbcg', '{
 "stoa": 1,
 "id": "acme/vision",
 "version": "1.9.0",
 "description": "sees",
 "homepage": "https://acme.example/vision",
 "abi": {
  "min": 1,
  "max": 1
 },
 "licences": {
  "code": "Apache-2.0",
  "weights": "CC-BY-4.0 OR LicenseRef-acme"
 },
 "permissions": [
  "scratch:64MiB"
 ],
 "platforms": [
  {
   "os": "linux",
   "arch": "x86_64",
   "libc": "glibc",
   "libc_min": "2.36",
   "library": "lib/linux-x86_64/plugin.so",
   "sha256": "68124d7ed660c4e550b254d58372ac1630a08a836e9c03e98b8e6028190ada7b",
   "size": 51
  }
 ],
 "models": [
  {
   "name": "classify",
   "task": "image-classification",
   "description": "sees",
   "inputs": [
    {
     "name": "image",
     "kind": "bytes",
     "media_types": [
      "image/png"
     ],
     "optional": true
    },
    {
     "name": "pixels",
     "datatype": "UINT8",
     "shape": [
      -1,
      2
     ],
     "optional": true
    }
   ],
   "one_of": [
    [
     "image",
     "pixels"
    ]
   ],
   "outputs": [
    {
     "name": "label",
     "datatype": "BYTES",
     "shape": [
      -1
     ]
    },
    {
     "name": "p",
     "datatype": "FP32",
     "shape": [
      -1,
      2
     ]
    }
   ],
   "meters": [
    "call",
    "image"
   ],
   "limits": {
    "threads": 1,
    "queue_max": 0
   },
   "config": {
    "k": [
     1
    ]
   }
  },
  {
   "name": "talk",
   "task": "text-generation",
   "streaming": true,
   "inputs": [
    {
     "name": "text",
     "kind": "text"
    }
   ],
   "outputs": [
    {
     "name": "reply",
     "kind": "json"
    }
   ]
  }
 ],
 "assets": [
  {
   "path": "assets/weights.bin",
   "media_type": "application/octet-stream",
   "sha256": "f6013a5ca0c4cb808052cebbd91900a6a4c78cc489123ca866dbb0e5685639c4",
   "size": 95
  },
  {
   "path": "assets/golden/boot.png",
   "media_type": "image/png",
   "sha256": "0f4636c78f65d3639ece5a064b5ae753e3408614a14fb18ab4d7540d2c248543",
   "size": 4
  }
 ],
 "golden": [
  {
   "name": "boot",
   "model": "classify",
   "parameters": {
    "top": 1
   },
   "inputs": [
    {
     "name": "image",
     "data": "@assets/golden/boot.png"
    }
   ],
   "outputs": [
    {
     "name": "label",
     "datatype": "BYTES",
     "shape": [
      1
     ],
     "data": [
      "boot"
     ]
    },
    {
     "name": "p",
     "datatype": "FP32",
     "shape": [
      1,
      2
     ],
     "data": [
      0.25,
      0.75
     ],
     "atol": 0.001
    }
   ]
  },
  {
   "name": "hello",
   "model": "talk",
   "inputs": [
    {
     "name": "text",
     "data": "hi"
    }
   ],
   "outputs": [
    {
     "name": "reply",
     "data": {
      "a": 1
     }
    }
   ]
  }
 ],
 "source_sha256": "5558c91312c2ae73de601c94c70a8acef63c11e33030a2696242c647b71e47e9"
}
', 'first');
INSERT INTO release_facts VALUES(1, 'abi 1 1
isolation -
platform linux x86_64 glibc 2.36
permission scratch:64MiB
model acme/classify
model acme/talk
');
INSERT INTO release_models VALUES('rel_06gc8m3c03e6tr5c9sjb42r0pr', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c03e6tr5c9sjb42r0pr', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c00bb8xk73naaxdattg', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c00bb8xk73naaxdattg', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c010bdjnwyayyfy3haw', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c010bdjnwyayyfy3haw', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c038hxz25baywpbewhg', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c038hxz25baywpbewhg', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c00s3bvzdhpz97eqpj0', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c00s3bvzdhpz97eqpj0', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c03850pssxtg420krrw', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c03850pssxtg420krrw', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c02n02n0vkn2dk0vq48', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c02n02n0vkn2dk0vq48', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c017s1tp2eegayfcnpr', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c017s1tp2eegayfcnpr', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c000nhsg6npe0yffbcg', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c000nhsg6npe0yffbcg', 2);
INSERT INTO releases VALUES('rel_06gc8m3c027chbh30a843vrbyg', 'acme/vision', '1.8.0', '1.8.0', 'draft', '', X'91874F3C532AFACD19DE99DEAC0AC2C35C997FBCAC8EDC9D2A882D2AA0E69E08', 12288, '', NULL, 1790000000000, NULL, NULL, NULL, NULL, 1790000000000, 9);
INSERT INTO releases VALUES('rel_06gc8m3c03e6tr5c9sjb42r0pr', 'acme/vision', '1.7.0', '1.7.0', 'submitted', '', X'EA98BEEB6D7F7BCAEB6371E50099316020203E724261D55B48190AA033CE07E7', 12288, 'db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', 1, 1790000000000, 1790000000000, NULL, NULL, NULL, 1790000000000, 11);
INSERT INTO releases VALUES('rel_06gc8m3c00bb8xk73naaxdattg', 'acme/vision', '1.6.0', '1.6.0', 'validating', '', X'28A945B95C601AA759308E43D99FD75396ADCA0244378380AA0EEB22F3E0BC10', 12288, 'db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', 1, 1790000000000, 1790000000000, 1790000000000, NULL, NULL, 1790000000000, 15);
INSERT INTO releases VALUES('rel_06gc8m3c010bdjnwyayyfy3haw', 'acme/vision', '1.5.0', '1.5.0', 'quarantined', 'not like this', X'E1D8DF9C319816FFF2F39E06EAF35C9003C1D970D58DB36D6472AD2B48DC78AA', 12288, 'db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', 1, 1790000000000, 1790000000000, 1790000000000, NULL, NULL, 1790000000000, 20);
INSERT INTO releases VALUES('rel_06gc8m3c038hxz25baywpbewhg', 'acme/vision', '1.4.0', '1.4.0', 'rejected', 'not like this', X'7F0FBA0403290824A095E64A36C661FB717B2E9536DCF8D14F1830F7C06BBEFA', 12288, 'db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', 1, 1790000000000, 1790000000000, 1790000000000, NULL, NULL, 1790000000000, 25);
INSERT INTO releases VALUES('rel_06gc8m3c00s3bvzdhpz97eqpj0', 'acme/vision', '1.0.0', '1.0.0', 'published', 'looks good', X'AF3CC82A7510C6B99A63813B30D04E283D31A59D5BE7EC85C4C38C6B66D2B35E', 12288, 'db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', 1, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 30);
INSERT INTO releases VALUES('rel_06gc8m3c03850pssxtg420krrw', 'acme/vision', '1.1.0', '1.1.0', 'deprecated', 'old', X'2E446466C740930B509C60EB6962CAFF80FC83E11301A40E422A429F0502A760', 12288, 'db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', 1, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 36);
INSERT INTO releases VALUES('rel_06gc8m3c02n02n0vkn2dk0vq48', 'acme/vision', '1.2.0', '1.2.0', 'yanked', 'broken', X'C5F7BDCDCD2D5D1F12A739D08C69F250DEADBE0EFB2D21F987EF0924CDCF69AC', 12288, 'db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', 1, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 42);
INSERT INTO releases VALUES('rel_06gc8m3c017s1tp2eegayfcnpr', 'acme/vision', '1.3.0', '1.3.0', 'revoked', 'harmful', X'D4E2D51257E2CF13AE96CD105E64E4F4AF8714C4BA9258A6B5C7833BAC728942', 12288, 'db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', 1, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 48);
INSERT INTO releases VALUES('rel_06gc8m3c000nhsg6npe0yffbcg', 'acme/vision', '1.9.0', '1.9.0', 'published', 'looks good', X'C6B0BED8B141C6DC9D355904444B64CC2B5E05807ABE0653C13BA57903AF01B0', 12288, 'db1602f54a09d09b228d1aee2d550c64f8a8d0bae6f9d42b1ec4cfe34a9872ef', 1, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 53);
INSERT INTO rollouts VALUES('roll_06gc8m3fx2cy9mbrxsn4rvvcmw', 'acme/talk', '', '1.9.0', '', '', 0, '1.1.0', 1000000, 10000, 100000, 100, 60000, 5000, 200, 5000, '', 'running', 0, '', '', 'operator:rita', 1790000001000, 1790000001000);
INSERT INTO verdicts VALUES(1, 'acme/classify', '1.0.0', 'rolled_back', 'rollout.errors', '9 of 10', '1.9.0', 'registry', 1790000000000, NULL);
PRAGMA user_version=3;
