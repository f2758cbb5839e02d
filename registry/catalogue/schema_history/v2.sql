-- Schema 2, frozen with data by schema_test.cpp.
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
  dataset_name TEXT NOT NULL, document TEXT NOT NULL, signature BLOB NOT NULL, at_ms INTEGER NOT NULL);
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
INSERT INTO audit VALUES(5, 1790000000000, 'publisher:acme', 'key.add', 'acme', '71fce46fac47d30905f31d47ed2e45da1fd3d6d2a4e78a2fbda1f7a621441ead', X'B0EF09F472F98BD8967D8161D27A4927032AC34A7214527807DADDA638F4C094', X'18F2A8829CB825EF843A3BBFDBF5A384908F9DAB9A3A3C19160515573C5D04CA');
INSERT INTO audit VALUES(6, 1790000000000, 'publisher:acme', 'key.add', 'acme', 'e5e061ceb3e14bc781bb5b744267e871cad5b42564da15053bc3d82525ffda4d', X'18F2A8829CB825EF843A3BBFDBF5A384908F9DAB9A3A3C19160515573C5D04CA', X'81FC345D1464D135552EA62977C44D8CF245F4492125CAE79590BB18400FCE08');
INSERT INTO audit VALUES(7, 1790000000000, 'operator:alice', 'publisher.create', 'rival', '', X'81FC345D1464D135552EA62977C44D8CF245F4492125CAE79590BB18400FCE08', X'0F07553E7B214DB8E92365593C9DC25FE72CAEF2B2AFFC1F450D3A6AB0B57386');
INSERT INTO audit VALUES(8, 1790000000000, 'operator:alice', 'publisher.create', 'acne', 'held: looks like acme', X'0F07553E7B214DB8E92365593C9DC25FE72CAEF2B2AFFC1F450D3A6AB0B57386', X'BFB013BAA140886DB455F3B59B4EC566B1CF287241F59ED92731E9E22551A4AD');
INSERT INTO audit VALUES(9, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.8.0', '0206077591106952d3a13dd4c26f5d8fa8e511699ae7495634c52ac4e8110b68', X'BFB013BAA140886DB455F3B59B4EC566B1CF287241F59ED92731E9E22551A4AD', X'49615A4174473077EB135BFBFDA6763A1DA47214AAEBDA2A6D245F304D414364');
INSERT INTO audit VALUES(10, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.7.0', '1a983184c384465d55d734d75059cbc1830f589a0c72901768018e018b343828', X'49615A4174473077EB135BFBFDA6763A1DA47214AAEBDA2A6D245F304D414364', X'8BFF5A6C4EE8C9529699DE63CBCD0EA6DBF7FF3AFFEBE6E188D101674FF044F5');
INSERT INTO audit VALUES(11, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.7.0', 'signed by 71fce46fac47d30905f31d47ed2e45da1fd3d6d2a4e78a2fbda1f7a621441ead', X'8BFF5A6C4EE8C9529699DE63CBCD0EA6DBF7FF3AFFEBE6E188D101674FF044F5', X'2BCEB15D5DB976C54373E29C4237497837DD0570755BDD3A710364678590CB79');
INSERT INTO audit VALUES(12, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.6.0', 'e6dd94eb25b3a08ee6602d479cacec29cdc831655c870490116ef7ec24bf8849', X'2BCEB15D5DB976C54373E29C4237497837DD0570755BDD3A710364678590CB79', X'8BF4C04F52DF89AF13FEFECE8FF959C2DC7C1CA3303AEEC6B0178BCFEB346CE8');
INSERT INTO audit VALUES(13, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.6.0', 'signed by 71fce46fac47d30905f31d47ed2e45da1fd3d6d2a4e78a2fbda1f7a621441ead', X'8BF4C04F52DF89AF13FEFECE8FF959C2DC7C1CA3303AEEC6B0178BCFEB346CE8', X'C104939B59ADB5421A016421CC1AC9095FB6A6C5B69F173DC9721293E0BBEA84');
INSERT INTO audit VALUES(14, 1790000000000, 'registry', 'release.check', 'acme/vision 1.6.0', '', X'C104939B59ADB5421A016421CC1AC9095FB6A6C5B69F173DC9721293E0BBEA84', X'2400EE4EFFC8635DE509E6265BD66CA04A38C0B7A1027A2CFA0F261CF2FB54E2');
INSERT INTO audit VALUES(15, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.6.0', '', X'2400EE4EFFC8635DE509E6265BD66CA04A38C0B7A1027A2CFA0F261CF2FB54E2', X'B15838F1ED52A54149A368384E3BA9872BD85BAB2CF7DCE83DE22A19DA0B7AC1');
INSERT INTO audit VALUES(16, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.5.0', '1c114718963328a8aba2ceb673d85327a272b6e5267a129c5e66e38b202f430a', X'B15838F1ED52A54149A368384E3BA9872BD85BAB2CF7DCE83DE22A19DA0B7AC1', X'8FEA36D56A968F51A005C163BED4D868C3CA0D50F615E82E42300D53324F2089');
INSERT INTO audit VALUES(17, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.5.0', 'signed by 71fce46fac47d30905f31d47ed2e45da1fd3d6d2a4e78a2fbda1f7a621441ead', X'8FEA36D56A968F51A005C163BED4D868C3CA0D50F615E82E42300D53324F2089', X'475EE648FB1EC32AE4B5F4D4945995950E034FE7E50656180F1835A29CE1470E');
INSERT INTO audit VALUES(18, 1790000000000, 'registry', 'release.check', 'acme/vision 1.5.0', '', X'475EE648FB1EC32AE4B5F4D4945995950E034FE7E50656180F1835A29CE1470E', X'241AE529F881C715C1485FF987C11C61C6F6F36EFF69847B8814D43CD5858389');
INSERT INTO audit VALUES(19, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.5.0', '', X'241AE529F881C715C1485FF987C11C61C6F6F36EFF69847B8814D43CD5858389', X'CC61B25FA1AA2027A6F89E50619E90F22F346129FDF48DFF22AE2185646A258F');
INSERT INTO audit VALUES(20, 1790000000000, 'operator:rita', 'release.quarantine', 'acme/vision 1.5.0', 'not like this', X'CC61B25FA1AA2027A6F89E50619E90F22F346129FDF48DFF22AE2185646A258F', X'D84978F053CB1816C00A85003D70EF20F4C7A2276EF026E316162D71605D2608');
INSERT INTO audit VALUES(21, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.4.0', 'a3249980f756c2730174683f2ff92186aadc93e4d88220ac86bed4a6f7ac8d2c', X'D84978F053CB1816C00A85003D70EF20F4C7A2276EF026E316162D71605D2608', X'B695ED9A6497B52C8967DCB19E059636E4E39085878C07C125C91B69C16FEDCC');
INSERT INTO audit VALUES(22, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.4.0', 'signed by 71fce46fac47d30905f31d47ed2e45da1fd3d6d2a4e78a2fbda1f7a621441ead', X'B695ED9A6497B52C8967DCB19E059636E4E39085878C07C125C91B69C16FEDCC', X'08B16DD37F037C5BF6A03EFB6F689D4EAFE5CBD5E62F5FAC770DE44F1EECD33B');
INSERT INTO audit VALUES(23, 1790000000000, 'registry', 'release.check', 'acme/vision 1.4.0', '', X'08B16DD37F037C5BF6A03EFB6F689D4EAFE5CBD5E62F5FAC770DE44F1EECD33B', X'3D81A7AB9920BBF2FB6EFE3FDDC0C1D17BA52473102B31CE17717E23754FABF7');
INSERT INTO audit VALUES(24, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.4.0', '', X'3D81A7AB9920BBF2FB6EFE3FDDC0C1D17BA52473102B31CE17717E23754FABF7', X'95CC23032E338F08CE0C281F05FC7EC1EBD1B6AFBD2A7A9283D839A4847AF67B');
INSERT INTO audit VALUES(25, 1790000000000, 'operator:rita', 'release.reject', 'acme/vision 1.4.0', 'not like this', X'95CC23032E338F08CE0C281F05FC7EC1EBD1B6AFBD2A7A9283D839A4847AF67B', X'926A26E81C59FD2C7E6D7CC2C2657E08014C7A599279C74A8F56D2FADFBD3881');
INSERT INTO audit VALUES(26, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.0.0', '7ebf30a80aa506830d06ae13a5fdae0aac813ffd51946dd1ab8db67629328602', X'926A26E81C59FD2C7E6D7CC2C2657E08014C7A599279C74A8F56D2FADFBD3881', X'AC972F2E07057874EDC3DA7261586853D07E135FA9EEC8E2E89E0885CDE28744');
INSERT INTO audit VALUES(27, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.0.0', 'signed by 71fce46fac47d30905f31d47ed2e45da1fd3d6d2a4e78a2fbda1f7a621441ead', X'AC972F2E07057874EDC3DA7261586853D07E135FA9EEC8E2E89E0885CDE28744', X'E6EF3DF17B237F1F455BA96F438278B05DD68726F4F5BD32E5AC8B09EB35DC83');
INSERT INTO audit VALUES(28, 1790000000000, 'registry', 'release.check', 'acme/vision 1.0.0', '', X'E6EF3DF17B237F1F455BA96F438278B05DD68726F4F5BD32E5AC8B09EB35DC83', X'80A4CF35A45EF38A91D562CFBECCBE06AFDC0AFD6A2E920817A62C40AB6184DC');
INSERT INTO audit VALUES(29, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.0.0', '', X'80A4CF35A45EF38A91D562CFBECCBE06AFDC0AFD6A2E920817A62C40AB6184DC', X'387A7FD3AADC2A236F430F86B462A65567DBD8D452F3E8165C573A7D60B4754E');
INSERT INTO audit VALUES(30, 1790000000000, 'operator:rita', 'release.publish', 'acme/vision 1.0.0', 'looks good', X'387A7FD3AADC2A236F430F86B462A65567DBD8D452F3E8165C573A7D60B4754E', X'8991175CCB34E9EDE9B5A75634F32DFC53DBAD963ED5DC8E93F87654F3D35867');
INSERT INTO audit VALUES(31, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.1.0', '34fb80c96d3b1e25e856f83f89e195f71feba550b8faba37784385423b544e77', X'8991175CCB34E9EDE9B5A75634F32DFC53DBAD963ED5DC8E93F87654F3D35867', X'49F2235A4A741359AC5D371D0DA27AB8CEE0F1D5D75EA1E22F084A183DEB814D');
INSERT INTO audit VALUES(32, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.1.0', 'signed by 71fce46fac47d30905f31d47ed2e45da1fd3d6d2a4e78a2fbda1f7a621441ead', X'49F2235A4A741359AC5D371D0DA27AB8CEE0F1D5D75EA1E22F084A183DEB814D', X'FF3B8A6FC9893B416A42C99C6E2AB0AC5E6689913CE67EEA9797E981874F262B');
INSERT INTO audit VALUES(33, 1790000000000, 'registry', 'release.check', 'acme/vision 1.1.0', '', X'FF3B8A6FC9893B416A42C99C6E2AB0AC5E6689913CE67EEA9797E981874F262B', X'E1FE611A2D8866610F810E74BA86051BEFF086B342CF863FB7E8304AA2D5D06D');
INSERT INTO audit VALUES(34, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.1.0', '', X'E1FE611A2D8866610F810E74BA86051BEFF086B342CF863FB7E8304AA2D5D06D', X'5337EA7906BD8BBB7FB99CC94627E5D7B8485AAEBA433AFA8D3A221D7EBA2977');
INSERT INTO audit VALUES(35, 1790000000000, 'operator:rita', 'release.publish', 'acme/vision 1.1.0', 'looks good', X'5337EA7906BD8BBB7FB99CC94627E5D7B8485AAEBA433AFA8D3A221D7EBA2977', X'DB8A62F470ECFC0716B67B60CBD91E3D04A150CD7D32031F46BB4E482248270A');
INSERT INTO audit VALUES(36, 1790000000000, 'publisher:acme', 'release.deprecate', 'acme/vision 1.1.0', 'old', X'DB8A62F470ECFC0716B67B60CBD91E3D04A150CD7D32031F46BB4E482248270A', X'E667567D97234657EA005A9688C80CB196059C399F7D4CF7A817CD8C10046DA0');
INSERT INTO audit VALUES(37, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.2.0', 'eb599b418028f77cd882caac0f9d124c81d549266b9da20fc56db49a34632f5c', X'E667567D97234657EA005A9688C80CB196059C399F7D4CF7A817CD8C10046DA0', X'05A038424F2F7BBE166BF13B7EE27A0DD215BEA38AD19E9B74F5EF35C2E05079');
INSERT INTO audit VALUES(38, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.2.0', 'signed by 71fce46fac47d30905f31d47ed2e45da1fd3d6d2a4e78a2fbda1f7a621441ead', X'05A038424F2F7BBE166BF13B7EE27A0DD215BEA38AD19E9B74F5EF35C2E05079', X'1C2E53BAC02819654972B48869688C6EB734DF1EFC6FA1DBF4DCF8F33EB19086');
INSERT INTO audit VALUES(39, 1790000000000, 'registry', 'release.check', 'acme/vision 1.2.0', '', X'1C2E53BAC02819654972B48869688C6EB734DF1EFC6FA1DBF4DCF8F33EB19086', X'C8ECF146CEB610990D2FEFB2EE39C86198CD64E4C8A03AABF5D6449FB271E323');
INSERT INTO audit VALUES(40, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.2.0', '', X'C8ECF146CEB610990D2FEFB2EE39C86198CD64E4C8A03AABF5D6449FB271E323', X'01259118322E77BA7397E60783E7C37269846653B8A9C8172779970102BFB921');
INSERT INTO audit VALUES(41, 1790000000000, 'operator:rita', 'release.publish', 'acme/vision 1.2.0', 'looks good', X'01259118322E77BA7397E60783E7C37269846653B8A9C8172779970102BFB921', X'0E9417375BCCD8729EC48EADB53D48A8FA17C71FFC5A45710EAA8E309BB5139C');
INSERT INTO audit VALUES(42, 1790000000000, 'publisher:acme', 'release.yank', 'acme/vision 1.2.0', 'broken', X'0E9417375BCCD8729EC48EADB53D48A8FA17C71FFC5A45710EAA8E309BB5139C', X'E604B103D42ECDE3504C46F5E00CE6A5FB8553196DB2A195BE2619209C555E32');
INSERT INTO audit VALUES(43, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.3.0', '4f8d08e04cbf7066954a8f29525aae7f8b650362ae75f3e5eab75ec3b4b4847d', X'E604B103D42ECDE3504C46F5E00CE6A5FB8553196DB2A195BE2619209C555E32', X'8044B69021E589CA98BA69FE541EA95E3095F581EB47D8390DEC5A136515AFB1');
INSERT INTO audit VALUES(44, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.3.0', 'signed by 71fce46fac47d30905f31d47ed2e45da1fd3d6d2a4e78a2fbda1f7a621441ead', X'8044B69021E589CA98BA69FE541EA95E3095F581EB47D8390DEC5A136515AFB1', X'2F87AFA007DAD0DDBF45AE54459118D28A19407BDC4DC0C5794810A47BD60623');
INSERT INTO audit VALUES(45, 1790000000000, 'registry', 'release.check', 'acme/vision 1.3.0', '', X'2F87AFA007DAD0DDBF45AE54459118D28A19407BDC4DC0C5794810A47BD60623', X'60F9BA8EF97DAEDDC6917BB5F151BA51E9775FD939680ECFE40E5D04827E6164');
INSERT INTO audit VALUES(46, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.3.0', '', X'60F9BA8EF97DAEDDC6917BB5F151BA51E9775FD939680ECFE40E5D04827E6164', X'298318338F868161BE83DFEED2C38DEC11FC1127E7354E550DE4849DB01265E0');
INSERT INTO audit VALUES(47, 1790000000000, 'operator:rita', 'release.publish', 'acme/vision 1.3.0', 'looks good', X'298318338F868161BE83DFEED2C38DEC11FC1127E7354E550DE4849DB01265E0', X'3A89FD0371DDF6F66DF37A3768A02E29A350C18224AB86B5E672B347AB66449F');
INSERT INTO audit VALUES(48, 1790000000000, 'operator:rita', 'release.revoke', 'acme/vision 1.3.0', 'harmful', X'3A89FD0371DDF6F66DF37A3768A02E29A350C18224AB86B5E672B347AB66449F', X'F80B0DDCF311CA1B5161C5B1A896A67D90446A411CCE22AD2EF2D4C19F19DABB');
INSERT INTO audit VALUES(49, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.9.0', 'a2738cac87a566cd2f16b73a0c53ca9f28275dfe22053d301a4f192005611c88', X'F80B0DDCF311CA1B5161C5B1A896A67D90446A411CCE22AD2EF2D4C19F19DABB', X'CE9E1081BC22679850770C852F61331D9BF291BA6B1BD735430769EC90119F58');
INSERT INTO audit VALUES(50, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.9.0', 'signed by 71fce46fac47d30905f31d47ed2e45da1fd3d6d2a4e78a2fbda1f7a621441ead', X'CE9E1081BC22679850770C852F61331D9BF291BA6B1BD735430769EC90119F58', X'8B74F4B6C51E411827D2E0016D4D7F2193C5A5B86C5BB0AB2093629EADD58B40');
INSERT INTO audit VALUES(51, 1790000000000, 'registry', 'release.check', 'acme/vision 1.9.0', '', X'8B74F4B6C51E411827D2E0016D4D7F2193C5A5B86C5BB0AB2093629EADD58B40', X'0F741609D7AFBEA02E097F38EAC9478AE212E5F4FA1C9495FDF7B5C6BD2144D4');
INSERT INTO audit VALUES(52, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.9.0', '', X'0F741609D7AFBEA02E097F38EAC9478AE212E5F4FA1C9495FDF7B5C6BD2144D4', X'DB5E8847FECB26B7A2D310D06ECA784D380F8A61B3262FA1169DB12355B7C7A0');
INSERT INTO audit VALUES(53, 1790000000000, 'operator:rita', 'release.publish', 'acme/vision 1.9.0', 'looks good', X'DB5E8847FECB26B7A2D310D06ECA784D380F8A61B3262FA1169DB12355B7C7A0', X'78D1A5C5A97BCAE5774AD9DD0E352ACCA2CB6F6BA025BB18409F68B67206AC82');
INSERT INTO audit VALUES(54, 1790000000000, 'operator:rita', 'alias.move', 'acme/classify@champion', '-> 1.0.0: first', X'78D1A5C5A97BCAE5774AD9DD0E352ACCA2CB6F6BA025BB18409F68B67206AC82', X'F0E60576F80CD6E0B434B619B24C568E0F4E17D37149524FFC4B88FF9D6074EC');
INSERT INTO audit VALUES(55, 1790000000000, 'operator:rita', 'alias.move', 'acme/classify@champion', '-> 1.9.0: second', X'F0E60576F80CD6E0B434B619B24C568E0F4E17D37149524FFC4B88FF9D6074EC', X'279670D932043E05BE22BA7E3950D737E88EB6EACF6DFEB93A770DA465FD603A');
INSERT INTO audit VALUES(56, 1790000000000, 'operator:alice', 'alias.approvals', 'acme/talk', '1 besides the one who moves it', X'279670D932043E05BE22BA7E3950D737E88EB6EACF6DFEB93A770DA465FD603A', X'BDEC5E87D377184BC9EAA72121F9859845F7DD5A4449BA7A67D05A42647837EB');
INSERT INTO audit VALUES(57, 1790000000000, 'operator:rita', 'alias.propose', 'acme/talk@champion', '-> 1.0.0', X'BDEC5E87D377184BC9EAA72121F9859845F7DD5A4449BA7A67D05A42647837EB', X'24EC2337EE534CE4D45141F85AA58A190F12D6BEDD0B3A86FE4C946E66F407F5');
INSERT INTO audit VALUES(58, 1790000000000, 'registry', 'rollout.rolled_back', 'acme/classify', '1.0.0: rollout.errors: 9 of 10', X'24EC2337EE534CE4D45141F85AA58A190F12D6BEDD0B3A86FE4C946E66F407F5', X'4F90867A17D896593127C013152904504E2E288839100B52B15836008880D759');
INSERT INTO audit VALUES(59, 1790000001000, 'operator:rita', 'alias.move', 'acme/talk@default', '-> 1.9.0: held while 1.1.0 is tried', X'4F90867A17D896593127C013152904504E2E288839100B52B15836008880D759', X'711539180B70E01C3F8ADC681A9DC7574F29E454473B9EAD49B876EE8349D6C7');
INSERT INTO audit VALUES(60, 1790000001000, 'operator:rita', 'rollout.start', 'acme/talk', '1.1.0 as the shadow of 1.9.0, 1000000 ppm', X'711539180B70E01C3F8ADC681A9DC7574F29E454473B9EAD49B876EE8349D6C7', X'FA6CCD27CAE6FE9B9A2B110D5E0E8C9E7C14648C8D3A23B4AF9D3459E1363AE0');
INSERT INTO catalogue VALUES(58);
INSERT INTO checks VALUES('rel_06gc8m3c01wwcbyxcdjjvqg8y8', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c02zbs128e26gjfnmjr', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c03x6y1bba2ya5ddpxg', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c0100rbhdfpk6dkxxfw', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c018m1q2rfyjfvxds10', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c00yf1g11rkgym7spfm', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c01n1skft104v57272g', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c01knw38c0g1jz2pz58', 0, 'signature', 'passed', '', '', 12);
INSERT INTO model_rules VALUES('acme/talk', 1);
INSERT INTO model_texts VALUES(1, 'acme/classify', 'acme/vision', 'image-classification', 'sees');
INSERT INTO model_texts VALUES(2, 'acme/talk', 'acme/vision', 'text-generation', '');
INSERT INTO operators VALUES('op_06gc8m3c03b7vbaxhcw534c5c8', 'alice', 'admin', X'57FAAB35F1D8862F8EFE2ADA8770815F4A581DC3A3DA69BE461A11B643E60967', 1790000000000, NULL);
INSERT INTO operators VALUES('op_06gc8m3c03z446nywdnr7h3zkg', 'rita', 'reviewer', X'913D87D5102E0D4A5F10721034B05E73F20AF6675679D811D32BBF5D31EEE992', 1790000000000, NULL);
INSERT INTO plugins VALUES('acme/vision', 'acme', 'listed', NULL, 1790000000000);
INSERT INTO proposals VALUES('prop_06gc8m3c03b8w90apvfjv5r0dw', 'acme/talk', 'champion', '1.0.0', '', 'operator:rita', 1790000000000, 'open', NULL, NULL);
INSERT INTO publisher_keys VALUES('acme', '71fce46fac47d30905f31d47ed2e45da1fd3d6d2a4e78a2fbda1f7a621441ead', X'2EB0B2A2EBF788E3F39D97F3297AF81E5B0A607BC4D477123E66D60CEFF0E522', 'release', 1790000000000, NULL, NULL, '', 1790000000000);
INSERT INTO publisher_keys VALUES('acme', 'e5e061ceb3e14bc781bb5b744267e871cad5b42564da15053bc3d82525ffda4d', X'3DD33FF17586C5C837477802245D55D86D7CBC71AC754D29CBED15E444218C92', 'release', 1790000000000, NULL, NULL, '', 1790000000000);
INSERT INTO publishers VALUES('acme', 'Acme Inc.', 'verified', NULL, X'DD78C2FBDDB538856C65792654156C1876767DBAD93F663D462AD6E02D04DA74', 10737418240, 1790000000000, 1790000000000);
INSERT INTO publishers VALUES('rival', 'rival', 'pending', NULL, X'18464EC0187CD83BC3FFC0A73A0FB0218693CA275B38CB81CBEDFA3E71BE532B', 10737418240, 1790000000000, NULL);
INSERT INTO publishers VALUES('acne', 'acne', 'pending', 'looks like acme', X'2CFA61CADA23AC8FF38E5CC46758FEABAAB3236C60EBAC4E4E8FCDCD02DC70AB', 10737418240, 1790000000000, NULL);
INSERT INTO release_documents VALUES('rel_06gc8m3c00w9b5v3bxeg1k4src', '', 'first');
INSERT INTO release_documents VALUES('rel_06gc8m3c00ahksrdgj6d364e24', '{
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
   "sha256": "6dd3f7ed8691f13fec4634109d1fa013643463a40e021bc4a2f54d84140c5733",
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
INSERT INTO release_documents VALUES('rel_06gc8m3c01wwcbyxcdjjvqg8y8', '{
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
   "sha256": "1135e4968afd40d2b6c57b5a52f4f7eeb72bf4ed7b1ff74b94a817afd2d3bd1b",
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
INSERT INTO release_documents VALUES('rel_06gc8m3c02zbs128e26gjfnmjr', '{
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
   "sha256": "abef3b1631dcf31a2420846250b3536c2c77a0078e511468e1eb7c02c6af16cf",
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
INSERT INTO release_documents VALUES('rel_06gc8m3c03x6y1bba2ya5ddpxg', '{
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
   "sha256": "d942216d7f47832d384fc4467434b66b021c0b4f0e313bb13485a48891f177f8",
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
INSERT INTO release_documents VALUES('rel_06gc8m3c0100rbhdfpk6dkxxfw', '{
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
   "sha256": "5492139dab018c7f70be15548501ef6d672974c0c0a8f1e5d6414aa6febcb9a2",
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
INSERT INTO release_documents VALUES('rel_06gc8m3c018m1q2rfyjfvxds10', '{
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
   "sha256": "3db0d4114cb592bcc22fe73a91a83e5088664ef723bf46ef037af0c756946143",
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
INSERT INTO release_documents VALUES('rel_06gc8m3c00yf1g11rkgym7spfm', '{
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
   "sha256": "4685dffe67e50250ad21caebf9cbd0c0f47437f2b0b53a52ff980bb31322c5e3",
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
INSERT INTO release_documents VALUES('rel_06gc8m3c01n1skft104v57272g', '{
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
   "sha256": "aae4ae9181a6540cebd4562491b334ba90f7fb13a3a5605e3d661bda9aa47d2b",
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
INSERT INTO release_documents VALUES('rel_06gc8m3c01knw38c0g1jz2pz58', '{
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
   "sha256": "e5460bf1f17bd79b987b583c85710506bc66208a0f7e10c8bb6ceee4ecf951e3",
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
INSERT INTO release_models VALUES('rel_06gc8m3c00ahksrdgj6d364e24', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c00ahksrdgj6d364e24', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c01wwcbyxcdjjvqg8y8', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c01wwcbyxcdjjvqg8y8', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c02zbs128e26gjfnmjr', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c02zbs128e26gjfnmjr', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c03x6y1bba2ya5ddpxg', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c03x6y1bba2ya5ddpxg', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c0100rbhdfpk6dkxxfw', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c0100rbhdfpk6dkxxfw', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c018m1q2rfyjfvxds10', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c018m1q2rfyjfvxds10', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c00yf1g11rkgym7spfm', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c00yf1g11rkgym7spfm', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c01n1skft104v57272g', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c01n1skft104v57272g', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c01knw38c0g1jz2pz58', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c01knw38c0g1jz2pz58', 2);
INSERT INTO releases VALUES('rel_06gc8m3c00w9b5v3bxeg1k4src', 'acme/vision', '1.8.0', '1.8.0', 'draft', '', X'0206077591106952D3A13DD4C26F5D8FA8E511699AE7495634C52AC4E8110B68', 12288, '', NULL, 1790000000000, NULL, NULL, NULL, NULL, 1790000000000, 9);
INSERT INTO releases VALUES('rel_06gc8m3c00ahksrdgj6d364e24', 'acme/vision', '1.7.0', '1.7.0', 'submitted', '', X'1A983184C384465D55D734D75059CBC1830F589A0C72901768018E018B343828', 12288, '71fce46fac47d30905f31d47ed2e45da1fd3d6d2a4e78a2fbda1f7a621441ead', 1, 1790000000000, 1790000000000, NULL, NULL, NULL, 1790000000000, 11);
INSERT INTO releases VALUES('rel_06gc8m3c01wwcbyxcdjjvqg8y8', 'acme/vision', '1.6.0', '1.6.0', 'validating', '', X'E6DD94EB25B3A08EE6602D479CACEC29CDC831655C870490116EF7EC24BF8849', 12288, '71fce46fac47d30905f31d47ed2e45da1fd3d6d2a4e78a2fbda1f7a621441ead', 1, 1790000000000, 1790000000000, 1790000000000, NULL, NULL, 1790000000000, 15);
INSERT INTO releases VALUES('rel_06gc8m3c02zbs128e26gjfnmjr', 'acme/vision', '1.5.0', '1.5.0', 'quarantined', 'not like this', X'1C114718963328A8ABA2CEB673D85327A272B6E5267A129C5E66E38B202F430A', 12288, '71fce46fac47d30905f31d47ed2e45da1fd3d6d2a4e78a2fbda1f7a621441ead', 1, 1790000000000, 1790000000000, 1790000000000, NULL, NULL, 1790000000000, 20);
INSERT INTO releases VALUES('rel_06gc8m3c03x6y1bba2ya5ddpxg', 'acme/vision', '1.4.0', '1.4.0', 'rejected', 'not like this', X'A3249980F756C2730174683F2FF92186AADC93E4D88220AC86BED4A6F7AC8D2C', 12288, '71fce46fac47d30905f31d47ed2e45da1fd3d6d2a4e78a2fbda1f7a621441ead', 1, 1790000000000, 1790000000000, 1790000000000, NULL, NULL, 1790000000000, 25);
INSERT INTO releases VALUES('rel_06gc8m3c0100rbhdfpk6dkxxfw', 'acme/vision', '1.0.0', '1.0.0', 'published', 'looks good', X'7EBF30A80AA506830D06AE13A5FDAE0AAC813FFD51946DD1AB8DB67629328602', 12288, '71fce46fac47d30905f31d47ed2e45da1fd3d6d2a4e78a2fbda1f7a621441ead', 1, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 30);
INSERT INTO releases VALUES('rel_06gc8m3c018m1q2rfyjfvxds10', 'acme/vision', '1.1.0', '1.1.0', 'deprecated', 'old', X'34FB80C96D3B1E25E856F83F89E195F71FEBA550B8FABA37784385423B544E77', 12288, '71fce46fac47d30905f31d47ed2e45da1fd3d6d2a4e78a2fbda1f7a621441ead', 1, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 36);
INSERT INTO releases VALUES('rel_06gc8m3c00yf1g11rkgym7spfm', 'acme/vision', '1.2.0', '1.2.0', 'yanked', 'broken', X'EB599B418028F77CD882CAAC0F9D124C81D549266B9DA20FC56DB49A34632F5C', 12288, '71fce46fac47d30905f31d47ed2e45da1fd3d6d2a4e78a2fbda1f7a621441ead', 1, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 42);
INSERT INTO releases VALUES('rel_06gc8m3c01n1skft104v57272g', 'acme/vision', '1.3.0', '1.3.0', 'revoked', 'harmful', X'4F8D08E04CBF7066954A8F29525AAE7F8B650362AE75F3E5EAB75EC3B4B4847D', 12288, '71fce46fac47d30905f31d47ed2e45da1fd3d6d2a4e78a2fbda1f7a621441ead', 1, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 48);
INSERT INTO releases VALUES('rel_06gc8m3c01knw38c0g1jz2pz58', 'acme/vision', '1.9.0', '1.9.0', 'published', 'looks good', X'A2738CAC87A566CD2F16B73A0C53CA9F28275DFE22053D301A4F192005611C88', 12288, '71fce46fac47d30905f31d47ed2e45da1fd3d6d2a4e78a2fbda1f7a621441ead', 1, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 53);
INSERT INTO rollouts VALUES('roll_06gc8m3fx1syfn9r3hh0fhcsn4', 'acme/talk', '', '1.9.0', '', '', 0, '1.1.0', 1000000, 10000, 100000, 100, 60000, 5000, 200, 5000, '', 'running', 0, '', '', 'operator:rita', 1790000001000, 1790000001000);
INSERT INTO verdicts VALUES(1, 'acme/classify', '1.0.0', 'rolled_back', 'rollout.errors', '9 of 10', '1.9.0', 'registry', 1790000000000, NULL);
PRAGMA user_version=2;
