-- Schema 1, frozen with data by schema_test.cpp.
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
INSERT INTO alias_steps VALUES(1, 'acme/classify', 'champion', '1.0.0', 'operator:rita', '', 'first', 1790000000000, X'0000000000000000000000000000000000000000000000000000000000000000', X'F3C969E6D6A9FF7886EFC09B82F16646E422FFC655169C44871FF7F0462A4DCB', X'A004312FDF1F731F4AADFDE60DBED0AC53F49C453ED247845E5C94752E33CD21666E1B76ED188D95177BD571C2C3644256D71384F6AEE9B492C45EC573FDDD05');
INSERT INTO alias_steps VALUES(2, 'acme/classify', 'champion', '1.9.0', 'operator:rita', '', 'second', 1790000000000, X'F3C969E6D6A9FF7886EFC09B82F16646E422FFC655169C44871FF7F0462A4DCB', X'2DA2C4D9D26EE1E585ADFF40F5850CE195C35AF951CF9A93792A127F96FDAA83', X'448C061B7B4E5DA68A121D42C28B09BC35CB625577EB0792343A868AB0798595B04EDE38ED48879C8738E2AE390792F5B85DC8C048F417DEACDC57B297903E0D');
INSERT INTO aliases VALUES('acme/classify', 'champion', 2, '1.9.0');
INSERT INTO audit VALUES(1, 1790000000000, 'registry', 'operator.create', 'alice', 'role admin, the first', X'0000000000000000000000000000000000000000000000000000000000000000', X'84ECD6D52287EC1BB9B293B2B903558C99FB4716E0DFA9F952BE6F5D61A7DE48');
INSERT INTO audit VALUES(2, 1790000000000, 'operator:alice', 'operator.create', 'rita', 'role reviewer', X'84ECD6D52287EC1BB9B293B2B903558C99FB4716E0DFA9F952BE6F5D61A7DE48', X'0DFDD318644FB71EA17F7617C4D293F40E06C88E4BCDC9CCC73EF5571E3DF872');
INSERT INTO audit VALUES(3, 1790000000000, 'operator:alice', 'publisher.create', 'acme', '', X'0DFDD318644FB71EA17F7617C4D293F40E06C88E4BCDC9CCC73EF5571E3DF872', X'AB2C8350308E3D2F063471BDC311B3EC3238021FD435748C4E28C1EC79EEBA29');
INSERT INTO audit VALUES(4, 1790000000000, 'publisher:acme', 'publisher.state', 'acme', 'pending -> verified: first key', X'AB2C8350308E3D2F063471BDC311B3EC3238021FD435748C4E28C1EC79EEBA29', X'B0EF09F472F98BD8967D8161D27A4927032AC34A7214527807DADDA638F4C094');
INSERT INTO audit VALUES(5, 1790000000000, 'publisher:acme', 'key.add', 'acme', 'd1b5da5893ebfbd542e2e9150e544f0735f07d3fafed4e72b7c0228b7f22f51c', X'B0EF09F472F98BD8967D8161D27A4927032AC34A7214527807DADDA638F4C094', X'5B9878C84F73B3AEBCE7C69FA9E70A4925045D2AC15AF1F56DE2C5C367F999A3');
INSERT INTO audit VALUES(6, 1790000000000, 'publisher:acme', 'key.add', 'acme', 'ffef49f82e816cb8e6299d403f70183167cdf0b77abfbcc52e1b8d77ea696fbc', X'5B9878C84F73B3AEBCE7C69FA9E70A4925045D2AC15AF1F56DE2C5C367F999A3', X'7817B0ED96FBC96F3B5DDB977E3A4EA15A13B95FA1C5281D1797074819CEA361');
INSERT INTO audit VALUES(7, 1790000000000, 'operator:alice', 'publisher.create', 'rival', '', X'7817B0ED96FBC96F3B5DDB977E3A4EA15A13B95FA1C5281D1797074819CEA361', X'481FD2ECF16BBCFEE5825DE0EC125C52CEBE773D4ADAF20DF90FB2BC39B384A7');
INSERT INTO audit VALUES(8, 1790000000000, 'operator:alice', 'publisher.create', 'acne', 'held: looks like acme', X'481FD2ECF16BBCFEE5825DE0EC125C52CEBE773D4ADAF20DF90FB2BC39B384A7', X'9DC63C815ED9EF44C56BC2426E7D037C0F61CF247A185D758494694B160893A0');
INSERT INTO audit VALUES(9, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.8.0', '048a43451bbbc406074302c5518c56c2b95ab17f02eb61389435b1e1859b766e', X'9DC63C815ED9EF44C56BC2426E7D037C0F61CF247A185D758494694B160893A0', X'32947393F0783C69EE38B6300DEF65FEDDB1AB3830B11D7571DD07CEB4A9EB05');
INSERT INTO audit VALUES(10, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.7.0', '4ad71420fdee0b0d2b858ae44b963a2d1d66a39a3f44dbf3ad00b1e33bffb5fb', X'32947393F0783C69EE38B6300DEF65FEDDB1AB3830B11D7571DD07CEB4A9EB05', X'37D7AD3FC0C991A3D335C557043637A287E373FC1DFA207EDF60973EC9EF7A98');
INSERT INTO audit VALUES(11, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.7.0', 'signed by d1b5da5893ebfbd542e2e9150e544f0735f07d3fafed4e72b7c0228b7f22f51c', X'37D7AD3FC0C991A3D335C557043637A287E373FC1DFA207EDF60973EC9EF7A98', X'B88557A3695D09095F58A60204AC9E43E2F1606B8CEB377B2AD7B1D72D8141E0');
INSERT INTO audit VALUES(12, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.6.0', '5afaa5faea0170e76f3c2d19e5dd1c46883b8d9f0411e14cd2b804addbbdde6a', X'B88557A3695D09095F58A60204AC9E43E2F1606B8CEB377B2AD7B1D72D8141E0', X'0769BF88308843EB63271E10A2FC5CB9B7A4D1A86CC58DFE8B801D830D845406');
INSERT INTO audit VALUES(13, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.6.0', 'signed by d1b5da5893ebfbd542e2e9150e544f0735f07d3fafed4e72b7c0228b7f22f51c', X'0769BF88308843EB63271E10A2FC5CB9B7A4D1A86CC58DFE8B801D830D845406', X'C281CE7181FC69A44ED54D07D41DAA371B630822A5549BA444C320512645319E');
INSERT INTO audit VALUES(14, 1790000000000, 'registry', 'release.check', 'acme/vision 1.6.0', '', X'C281CE7181FC69A44ED54D07D41DAA371B630822A5549BA444C320512645319E', X'819A08BFA316B2CFF9504E762DC7ECFBCFE4A6D3D36D19E6E4716A7C2290690A');
INSERT INTO audit VALUES(15, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.6.0', '', X'819A08BFA316B2CFF9504E762DC7ECFBCFE4A6D3D36D19E6E4716A7C2290690A', X'0DD2AFBAEE179F761E8FA1ED006FC2416006E0855EA515B7AD621D30954CDC27');
INSERT INTO audit VALUES(16, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.5.0', '624f9819a419e2b3a903058ea84af362c005a7aec8b89ce6fd9f93b0cff5b3b8', X'0DD2AFBAEE179F761E8FA1ED006FC2416006E0855EA515B7AD621D30954CDC27', X'A646AE070D806AD82F5B65D04AF665094286116DB83D6067D4FAA853B8AC3F93');
INSERT INTO audit VALUES(17, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.5.0', 'signed by d1b5da5893ebfbd542e2e9150e544f0735f07d3fafed4e72b7c0228b7f22f51c', X'A646AE070D806AD82F5B65D04AF665094286116DB83D6067D4FAA853B8AC3F93', X'E07F31F64EEEFD9B34DD2B80124150F7C49F4B527B9AB9C69F13FBF241C10CFC');
INSERT INTO audit VALUES(18, 1790000000000, 'registry', 'release.check', 'acme/vision 1.5.0', '', X'E07F31F64EEEFD9B34DD2B80124150F7C49F4B527B9AB9C69F13FBF241C10CFC', X'ABC76227673CF037362732A436DF58E6872D5410EC32F568A14B780939462DC3');
INSERT INTO audit VALUES(19, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.5.0', '', X'ABC76227673CF037362732A436DF58E6872D5410EC32F568A14B780939462DC3', X'9A9737FE9A47E6D882A234A8EA6FE0AE7BA3EFF27E3AB24D10C7F92CEC61603F');
INSERT INTO audit VALUES(20, 1790000000000, 'operator:rita', 'release.quarantine', 'acme/vision 1.5.0', 'not like this', X'9A9737FE9A47E6D882A234A8EA6FE0AE7BA3EFF27E3AB24D10C7F92CEC61603F', X'5CA4D5EB4E362AF769C0BA742161D7A60B2A13B71C27DD99D201FE18E6E64E71');
INSERT INTO audit VALUES(21, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.4.0', '9088565ef5ec9bce03f7b8065f5ab343f680b28c7becc1ea38cfd03a67ca2144', X'5CA4D5EB4E362AF769C0BA742161D7A60B2A13B71C27DD99D201FE18E6E64E71', X'7207A1D2FC573C6EED4B8CA02CBD30FCE39ACBFC41DF3AD30F89A2B8E646703C');
INSERT INTO audit VALUES(22, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.4.0', 'signed by d1b5da5893ebfbd542e2e9150e544f0735f07d3fafed4e72b7c0228b7f22f51c', X'7207A1D2FC573C6EED4B8CA02CBD30FCE39ACBFC41DF3AD30F89A2B8E646703C', X'0DC5B562CD44A6AE73403F2C5662D6B1480861DACCB35D18C930C67DEA875F72');
INSERT INTO audit VALUES(23, 1790000000000, 'registry', 'release.check', 'acme/vision 1.4.0', '', X'0DC5B562CD44A6AE73403F2C5662D6B1480861DACCB35D18C930C67DEA875F72', X'A98EDB58E1AEA1CB31D4C32C87F821FD16B86A1BFF49A33911C87A8AAB0E271F');
INSERT INTO audit VALUES(24, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.4.0', '', X'A98EDB58E1AEA1CB31D4C32C87F821FD16B86A1BFF49A33911C87A8AAB0E271F', X'1C0E97F20A1B3B7CE2B282E61EECF7F41A70C0AA40E1BFBCDF4B9D2F3A54F220');
INSERT INTO audit VALUES(25, 1790000000000, 'operator:rita', 'release.reject', 'acme/vision 1.4.0', 'not like this', X'1C0E97F20A1B3B7CE2B282E61EECF7F41A70C0AA40E1BFBCDF4B9D2F3A54F220', X'627B72787577AE50042243CD565C95D40D8E8B2EBD71920BAA517A0638585378');
INSERT INTO audit VALUES(26, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.0.0', '2793dbd46404449784ffed4fc4a6934885bac929518f190aa43fdaeb98f833ee', X'627B72787577AE50042243CD565C95D40D8E8B2EBD71920BAA517A0638585378', X'AABEB5F8B5C972CD526FEEE79FCE4228A4EAAC3E6E34CB9524CAD93806D99213');
INSERT INTO audit VALUES(27, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.0.0', 'signed by d1b5da5893ebfbd542e2e9150e544f0735f07d3fafed4e72b7c0228b7f22f51c', X'AABEB5F8B5C972CD526FEEE79FCE4228A4EAAC3E6E34CB9524CAD93806D99213', X'C90A9938FE7D3F1BD483E0740C610001BBCD325020937E2ACC6DD3B395DEAA33');
INSERT INTO audit VALUES(28, 1790000000000, 'registry', 'release.check', 'acme/vision 1.0.0', '', X'C90A9938FE7D3F1BD483E0740C610001BBCD325020937E2ACC6DD3B395DEAA33', X'EAD94EBC41D7EB14D3B82C157FBCF97867B209C54908542C343E2C788ADA4E06');
INSERT INTO audit VALUES(29, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.0.0', '', X'EAD94EBC41D7EB14D3B82C157FBCF97867B209C54908542C343E2C788ADA4E06', X'D470AF10FD1B548A2A37FD7B9C1CC91633C94D04AF9F67FC455476E7A350A84E');
INSERT INTO audit VALUES(30, 1790000000000, 'operator:rita', 'release.publish', 'acme/vision 1.0.0', 'looks good', X'D470AF10FD1B548A2A37FD7B9C1CC91633C94D04AF9F67FC455476E7A350A84E', X'7ED37232FEBBA9F0A8C8A310879B1DD2A9F14CBF428EFD4EB2B463B6A239BF43');
INSERT INTO audit VALUES(31, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.1.0', '4c97583fa8f7b3755c50694bdce79f08dc369f0aaa657ba49539f3ae4bbcd6b0', X'7ED37232FEBBA9F0A8C8A310879B1DD2A9F14CBF428EFD4EB2B463B6A239BF43', X'9E04546C16CF1C6DFAF2B6E43749576718080A13B9E77500161DEDFD944DBDB5');
INSERT INTO audit VALUES(32, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.1.0', 'signed by d1b5da5893ebfbd542e2e9150e544f0735f07d3fafed4e72b7c0228b7f22f51c', X'9E04546C16CF1C6DFAF2B6E43749576718080A13B9E77500161DEDFD944DBDB5', X'F86FD1344308054B9C8E7CDDDB3CD6A0C229CFA7E8CDDCE37AB0675F43C17373');
INSERT INTO audit VALUES(33, 1790000000000, 'registry', 'release.check', 'acme/vision 1.1.0', '', X'F86FD1344308054B9C8E7CDDDB3CD6A0C229CFA7E8CDDCE37AB0675F43C17373', X'6E4D50C273729163803645B466AAEA761670C53BE824F3B8ED0E9D49A13DAD48');
INSERT INTO audit VALUES(34, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.1.0', '', X'6E4D50C273729163803645B466AAEA761670C53BE824F3B8ED0E9D49A13DAD48', X'6C423D615693FD9EB01A8A751F74AC37AFC29B14B5B25DF7F8B7B24B4EB27B41');
INSERT INTO audit VALUES(35, 1790000000000, 'operator:rita', 'release.publish', 'acme/vision 1.1.0', 'looks good', X'6C423D615693FD9EB01A8A751F74AC37AFC29B14B5B25DF7F8B7B24B4EB27B41', X'B5B75C31C9AA8B34048413F578506499B8E61D7B84842DDD46A5FD7048D4364B');
INSERT INTO audit VALUES(36, 1790000000000, 'publisher:acme', 'release.deprecate', 'acme/vision 1.1.0', 'old', X'B5B75C31C9AA8B34048413F578506499B8E61D7B84842DDD46A5FD7048D4364B', X'69304CB05484BB55A871ED532BD8220E31DE5E4F9D65C7957D00C93E76D37747');
INSERT INTO audit VALUES(37, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.2.0', '88d69cb4e695bd9affee8f10eb353caf5078196721243587cd073b73d0f5d96e', X'69304CB05484BB55A871ED532BD8220E31DE5E4F9D65C7957D00C93E76D37747', X'E5C5A5CD1E0A83A91C8EEBAFBB99ED7667EE13180E9518BE7CD728071172E7F4');
INSERT INTO audit VALUES(38, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.2.0', 'signed by d1b5da5893ebfbd542e2e9150e544f0735f07d3fafed4e72b7c0228b7f22f51c', X'E5C5A5CD1E0A83A91C8EEBAFBB99ED7667EE13180E9518BE7CD728071172E7F4', X'B5D2EB9DE9F5D608C2B5C9496C52E8882AC7CABAA34E6AB88D1DCF2F85842414');
INSERT INTO audit VALUES(39, 1790000000000, 'registry', 'release.check', 'acme/vision 1.2.0', '', X'B5D2EB9DE9F5D608C2B5C9496C52E8882AC7CABAA34E6AB88D1DCF2F85842414', X'95AD8ED3E71EB1CDA1B980170F9B3DCE1776C963F2729B515CA0035491643D82');
INSERT INTO audit VALUES(40, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.2.0', '', X'95AD8ED3E71EB1CDA1B980170F9B3DCE1776C963F2729B515CA0035491643D82', X'C4901DC1D70A5EB2054F282C078F3F6EB7347CD1310DA7665B35F9B7BEC4ECB2');
INSERT INTO audit VALUES(41, 1790000000000, 'operator:rita', 'release.publish', 'acme/vision 1.2.0', 'looks good', X'C4901DC1D70A5EB2054F282C078F3F6EB7347CD1310DA7665B35F9B7BEC4ECB2', X'E871DAFE3D0DFCB1704008D75914B4AC7F5B480D583E2B34354C733E8D2225F5');
INSERT INTO audit VALUES(42, 1790000000000, 'publisher:acme', 'release.yank', 'acme/vision 1.2.0', 'broken', X'E871DAFE3D0DFCB1704008D75914B4AC7F5B480D583E2B34354C733E8D2225F5', X'CD9662DEAF203AB16E20162FE14F2A7BF00AA45B0BB3448AD4A1EE874D475E57');
INSERT INTO audit VALUES(43, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.3.0', '14bb9556da8cc09ab46cdf9adc0df9c67b7fd5e7801faaab4db42aa2013e722a', X'CD9662DEAF203AB16E20162FE14F2A7BF00AA45B0BB3448AD4A1EE874D475E57', X'EE98FCE9B1EB32CE69DC71C92D151D9385ADD1AEB5B8FD75163FAB56F00E7869');
INSERT INTO audit VALUES(44, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.3.0', 'signed by d1b5da5893ebfbd542e2e9150e544f0735f07d3fafed4e72b7c0228b7f22f51c', X'EE98FCE9B1EB32CE69DC71C92D151D9385ADD1AEB5B8FD75163FAB56F00E7869', X'460C5ED775798A4264A676D41E51E0D76C90255533487D64DA9EB21DD0FDBCC2');
INSERT INTO audit VALUES(45, 1790000000000, 'registry', 'release.check', 'acme/vision 1.3.0', '', X'460C5ED775798A4264A676D41E51E0D76C90255533487D64DA9EB21DD0FDBCC2', X'6DB7903886349FAB8198B7D26E952632D56DF6F3A3E11C34F4FD7DF09699B42B');
INSERT INTO audit VALUES(46, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.3.0', '', X'6DB7903886349FAB8198B7D26E952632D56DF6F3A3E11C34F4FD7DF09699B42B', X'4EB9E6B13CAE9CBB7A5ED3D7CAD1C84C54A901B72CBD840E3C7A9B47A780C0D4');
INSERT INTO audit VALUES(47, 1790000000000, 'operator:rita', 'release.publish', 'acme/vision 1.3.0', 'looks good', X'4EB9E6B13CAE9CBB7A5ED3D7CAD1C84C54A901B72CBD840E3C7A9B47A780C0D4', X'6BBB026DA3AE2561BECA1582528AC7308BBED7D5650BDB873348D5D670882318');
INSERT INTO audit VALUES(48, 1790000000000, 'operator:rita', 'release.revoke', 'acme/vision 1.3.0', 'harmful', X'6BBB026DA3AE2561BECA1582528AC7308BBED7D5650BDB873348D5D670882318', X'58D096AE3864825C8CD7E0C70F31E62EDDF32E5D476A90BAA439AB89446C2721');
INSERT INTO audit VALUES(49, 1790000000000, 'publisher:acme', 'release.draft', 'acme/vision 1.9.0', '8b9072ffe9c6d9094c03b0a14f6d6a022325cc499abe1c09557890483aa653e0', X'58D096AE3864825C8CD7E0C70F31E62EDDF32E5D476A90BAA439AB89446C2721', X'57E2E28D8A1B6355E9133312B4EB669D7CC218C354AC8574734AD2667B73743A');
INSERT INTO audit VALUES(50, 1790000000000, 'publisher:acme', 'release.submit', 'acme/vision 1.9.0', 'signed by d1b5da5893ebfbd542e2e9150e544f0735f07d3fafed4e72b7c0228b7f22f51c', X'57E2E28D8A1B6355E9133312B4EB669D7CC218C354AC8574734AD2667B73743A', X'1426733C1A66AABA07C34D1E1D07AB61887C3BCCA3E0BB8421530F6A4202C584');
INSERT INTO audit VALUES(51, 1790000000000, 'registry', 'release.check', 'acme/vision 1.9.0', '', X'1426733C1A66AABA07C34D1E1D07AB61887C3BCCA3E0BB8421530F6A4202C584', X'47D69B7C1D376929B0BB5F957D7EC8D41413782FA21F05305506A1D967F75CC7');
INSERT INTO audit VALUES(52, 1790000000000, 'registry', 'release.checked', 'acme/vision 1.9.0', '', X'47D69B7C1D376929B0BB5F957D7EC8D41413782FA21F05305506A1D967F75CC7', X'404428EF751CC1700F2B0C7CBDDFEF3A1DE27543F4F9204C6E25EA211C1FA01B');
INSERT INTO audit VALUES(53, 1790000000000, 'operator:rita', 'release.publish', 'acme/vision 1.9.0', 'looks good', X'404428EF751CC1700F2B0C7CBDDFEF3A1DE27543F4F9204C6E25EA211C1FA01B', X'54231F69D55669FC5BA84E6A7A0160C7E8A69020F337CE5732D74026D294B8E2');
INSERT INTO audit VALUES(54, 1790000000000, 'operator:rita', 'alias.move', 'acme/classify@champion', '-> 1.0.0: first', X'54231F69D55669FC5BA84E6A7A0160C7E8A69020F337CE5732D74026D294B8E2', X'12974724598EAA02C5F8ACCB8EC8F1F409501C702582A5EB6B5A8A898517FDE0');
INSERT INTO audit VALUES(55, 1790000000000, 'operator:rita', 'alias.move', 'acme/classify@champion', '-> 1.9.0: second', X'12974724598EAA02C5F8ACCB8EC8F1F409501C702582A5EB6B5A8A898517FDE0', X'8DCD36C056FEF36EBEE56E422EFA3A3637304469CA9F734F7D377B8BBE821C1B');
INSERT INTO audit VALUES(56, 1790000000000, 'operator:alice', 'alias.approvals', 'acme/talk', '1 besides the one who moves it', X'8DCD36C056FEF36EBEE56E422EFA3A3637304469CA9F734F7D377B8BBE821C1B', X'B258F25A178CD1511EF061CD8DF2631BD1A12955011D7DFA8ECA6B2DD78B005C');
INSERT INTO audit VALUES(57, 1790000000000, 'operator:rita', 'alias.propose', 'acme/talk@champion', '-> 1.0.0', X'B258F25A178CD1511EF061CD8DF2631BD1A12955011D7DFA8ECA6B2DD78B005C', X'C0DB9F788B87122FDD52DD4518C5A3CA03F87293FDD0C5F5AF607FA51D1ED520');
INSERT INTO catalogue VALUES(56);
INSERT INTO checks VALUES('rel_06gc8m3c00jm68np0see7b5zpw', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c01gk8r77c9c4fmkmcr', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c02y2ht5mj5tn89qvgw', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c0008srhsgqhv79hy84', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c01vteeccqzzhsran3g', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c000nc5ekc5ey0dab0m', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c002ysb8jkpvjchvnx4', 0, 'signature', 'passed', '', '', 12);
INSERT INTO checks VALUES('rel_06gc8m3c03czw5zt00y3qdtrf0', 0, 'signature', 'passed', '', '', 12);
INSERT INTO model_rules VALUES('acme/talk', 1);
INSERT INTO model_texts VALUES(1, 'acme/classify', 'acme/vision', 'image-classification', 'sees');
INSERT INTO model_texts VALUES(2, 'acme/talk', 'acme/vision', 'text-generation', '');
INSERT INTO operators VALUES('op_06gc8m3c00kh13td4gfrn2zpb0', 'alice', 'admin', X'1322CF2E94197714D0B7B0A2E3F59257904F58C4980C5A32927F0D4BE6749780', 1790000000000, NULL);
INSERT INTO operators VALUES('op_06gc8m3c02e2a5dr67599jm760', 'rita', 'reviewer', X'211CC2F854A1B478DD90104C503607C300931D6FC8C5ACBA0E5F6629D30FE9A7', 1790000000000, NULL);
INSERT INTO plugins VALUES('acme/vision', 'acme', 'listed', NULL, 1790000000000);
INSERT INTO proposals VALUES('prop_06gc8m3c03832dhme4azm00ngr', 'acme/talk', 'champion', '1.0.0', '', 'operator:rita', 1790000000000, 'open', NULL, NULL);
INSERT INTO publisher_keys VALUES('acme', 'd1b5da5893ebfbd542e2e9150e544f0735f07d3fafed4e72b7c0228b7f22f51c', X'1C107EAC0F1FC9AB55AFFF605606193476DE1BF0B006F94495BDDA6763BF74E1', 'release', 1790000000000, NULL, NULL, '', 1790000000000);
INSERT INTO publisher_keys VALUES('acme', 'ffef49f82e816cb8e6299d403f70183167cdf0b77abfbcc52e1b8d77ea696fbc', X'421776F721611B07FBDFCD566E7C429E1AA5845FDD3E8681CABC809D155E3CFF', 'release', 1790000000000, NULL, NULL, '', 1790000000000);
INSERT INTO publishers VALUES('acme', 'Acme Inc.', 'verified', NULL, X'8F0B574C3DC914BBDE9A6D7D8B5679142B67AA9153A720B5553B1AF21E9A2B2C', 10737418240, 1790000000000, 1790000000000);
INSERT INTO publishers VALUES('rival', 'rival', 'pending', NULL, X'B435DFB4E366B5C11ACE9D3DF184823FC8FB3B43346DC750B47B491101EE20A0', 10737418240, 1790000000000, NULL);
INSERT INTO publishers VALUES('acne', 'acne', 'pending', 'looks like acme', X'78DABBD2CE5B3B3A600ECAA674A075EFC0F61050A879BA1B8650C588CD1C3F15', 10737418240, 1790000000000, NULL);
INSERT INTO release_documents VALUES('rel_06gc8m3c01wr7vy34h1c15pmzg', '', 'first');
INSERT INTO release_documents VALUES('rel_06gc8m3c02n75dvj4yfd3exhw8', '{
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
   "sha256": "938bd41d4cc4b56b7c1e0242c2f10967cbd50a2dda739fab8a0b99381f44552e",
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
INSERT INTO release_documents VALUES('rel_06gc8m3c00jm68np0see7b5zpw', '{
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
   "sha256": "839c90f32651837f4947ea7a42bafd4e596b9cb1a97002f0a04d1e56d84a02c4",
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
INSERT INTO release_documents VALUES('rel_06gc8m3c01gk8r77c9c4fmkmcr', '{
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
   "sha256": "4d325be80e4d7b4355812a93e2609f5cba1c30631e22346fb884856b3d579ae7",
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
INSERT INTO release_documents VALUES('rel_06gc8m3c02y2ht5mj5tn89qvgw', '{
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
   "sha256": "0d7359f216dd4aaef0b18135c0a64946f45ce4c115a5322ed703bb1886d8527a",
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
INSERT INTO release_documents VALUES('rel_06gc8m3c0008srhsgqhv79hy84', '{
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
   "sha256": "615e6e71ae4eb8091af32d3dc807b5c5e0db082e999319e75b834aca77707042",
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
INSERT INTO release_documents VALUES('rel_06gc8m3c01vteeccqzzhsran3g', '{
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
   "sha256": "05d69d58c70fdcfe3464aa09794b8c620905b46de3b825e8bacdf369ee2fb27f",
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
INSERT INTO release_documents VALUES('rel_06gc8m3c000nc5ekc5ey0dab0m', '{
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
   "sha256": "5b381dd1de6d1cc126e46ffcab07603bfac3c7377a5d1b7ca3c962d013e08892",
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
INSERT INTO release_documents VALUES('rel_06gc8m3c002ysb8jkpvjchvnx4', '{
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
   "sha256": "443e6a150c79f27e312bed0c536105d3c58e0e0c2d9c18dcf743d7456aa3e958",
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
INSERT INTO release_documents VALUES('rel_06gc8m3c03czw5zt00y3qdtrf0', '{
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
   "sha256": "0f2e1c2dec5db16a8dfc52ed36c55c15e4c3ec9e6d699649af4fded22f339f07",
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
INSERT INTO release_models VALUES('rel_06gc8m3c02n75dvj4yfd3exhw8', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c02n75dvj4yfd3exhw8', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c00jm68np0see7b5zpw', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c00jm68np0see7b5zpw', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c01gk8r77c9c4fmkmcr', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c01gk8r77c9c4fmkmcr', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c02y2ht5mj5tn89qvgw', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c02y2ht5mj5tn89qvgw', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c0008srhsgqhv79hy84', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c0008srhsgqhv79hy84', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c01vteeccqzzhsran3g', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c01vteeccqzzhsran3g', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c000nc5ekc5ey0dab0m', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c000nc5ekc5ey0dab0m', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c002ysb8jkpvjchvnx4', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c002ysb8jkpvjchvnx4', 2);
INSERT INTO release_models VALUES('rel_06gc8m3c03czw5zt00y3qdtrf0', 1);
INSERT INTO release_models VALUES('rel_06gc8m3c03czw5zt00y3qdtrf0', 2);
INSERT INTO releases VALUES('rel_06gc8m3c01wr7vy34h1c15pmzg', 'acme/vision', '1.8.0', '1.8.0', 'draft', '', X'048A43451BBBC406074302C5518C56C2B95AB17F02EB61389435B1E1859B766E', 12288, '', NULL, 1790000000000, NULL, NULL, NULL, NULL, 1790000000000, 9);
INSERT INTO releases VALUES('rel_06gc8m3c02n75dvj4yfd3exhw8', 'acme/vision', '1.7.0', '1.7.0', 'submitted', '', X'4AD71420FDEE0B0D2B858AE44B963A2D1D66A39A3F44DBF3AD00B1E33BFFB5FB', 12288, 'd1b5da5893ebfbd542e2e9150e544f0735f07d3fafed4e72b7c0228b7f22f51c', 1, 1790000000000, 1790000000000, NULL, NULL, NULL, 1790000000000, 11);
INSERT INTO releases VALUES('rel_06gc8m3c00jm68np0see7b5zpw', 'acme/vision', '1.6.0', '1.6.0', 'validating', '', X'5AFAA5FAEA0170E76F3C2D19E5DD1C46883B8D9F0411E14CD2B804ADDBBDDE6A', 12288, 'd1b5da5893ebfbd542e2e9150e544f0735f07d3fafed4e72b7c0228b7f22f51c', 1, 1790000000000, 1790000000000, 1790000000000, NULL, NULL, 1790000000000, 15);
INSERT INTO releases VALUES('rel_06gc8m3c01gk8r77c9c4fmkmcr', 'acme/vision', '1.5.0', '1.5.0', 'quarantined', 'not like this', X'624F9819A419E2B3A903058EA84AF362C005A7AEC8B89CE6FD9F93B0CFF5B3B8', 12288, 'd1b5da5893ebfbd542e2e9150e544f0735f07d3fafed4e72b7c0228b7f22f51c', 1, 1790000000000, 1790000000000, 1790000000000, NULL, NULL, 1790000000000, 20);
INSERT INTO releases VALUES('rel_06gc8m3c02y2ht5mj5tn89qvgw', 'acme/vision', '1.4.0', '1.4.0', 'rejected', 'not like this', X'9088565EF5EC9BCE03F7B8065F5AB343F680B28C7BECC1EA38CFD03A67CA2144', 12288, 'd1b5da5893ebfbd542e2e9150e544f0735f07d3fafed4e72b7c0228b7f22f51c', 1, 1790000000000, 1790000000000, 1790000000000, NULL, NULL, 1790000000000, 25);
INSERT INTO releases VALUES('rel_06gc8m3c0008srhsgqhv79hy84', 'acme/vision', '1.0.0', '1.0.0', 'published', 'looks good', X'2793DBD46404449784FFED4FC4A6934885BAC929518F190AA43FDAEB98F833EE', 12288, 'd1b5da5893ebfbd542e2e9150e544f0735f07d3fafed4e72b7c0228b7f22f51c', 1, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 30);
INSERT INTO releases VALUES('rel_06gc8m3c01vteeccqzzhsran3g', 'acme/vision', '1.1.0', '1.1.0', 'deprecated', 'old', X'4C97583FA8F7B3755C50694BDCE79F08DC369F0AAA657BA49539F3AE4BBCD6B0', 12288, 'd1b5da5893ebfbd542e2e9150e544f0735f07d3fafed4e72b7c0228b7f22f51c', 1, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 36);
INSERT INTO releases VALUES('rel_06gc8m3c000nc5ekc5ey0dab0m', 'acme/vision', '1.2.0', '1.2.0', 'yanked', 'broken', X'88D69CB4E695BD9AFFEE8F10EB353CAF5078196721243587CD073B73D0F5D96E', 12288, 'd1b5da5893ebfbd542e2e9150e544f0735f07d3fafed4e72b7c0228b7f22f51c', 1, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 42);
INSERT INTO releases VALUES('rel_06gc8m3c002ysb8jkpvjchvnx4', 'acme/vision', '1.3.0', '1.3.0', 'revoked', 'harmful', X'14BB9556DA8CC09AB46CDF9ADC0DF9C67B7FD5E7801FAAAB4DB42AA2013E722A', 12288, 'd1b5da5893ebfbd542e2e9150e544f0735f07d3fafed4e72b7c0228b7f22f51c', 1, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 48);
INSERT INTO releases VALUES('rel_06gc8m3c03czw5zt00y3qdtrf0', 'acme/vision', '1.9.0', '1.9.0', 'published', 'looks good', X'8B9072FFE9C6D9094C03B0A14F6D6A022325CC499ABE1C09557890483AA653E0', 12288, 'd1b5da5893ebfbd542e2e9150e544f0735f07d3fafed4e72b7c0228b7f22f51c', 1, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 1790000000000, 53);
PRAGMA user_version=1;
