// name_policy_test.cpp: tables of new names against names that are given.
// SPDX-License-Identifier: Apache-2.0
#include "registry/names/name_policy.hpp"

#include <gtest/gtest.h>

#include <random>

#include "registry/names/fold.hpp"
#include "registry/names/foreign_character.hpp"

namespace stoa::registry {
namespace {

// "free", "name.taken acme", "name.look_alike acme", or the reason of a refusal.
std::string judged(const NameIndex& index, const std::string& name) {
  const auto ruling = index.judge(name);
  if (!ruling) return ruling.error().reason;
  if (ruling->verdict == NameVerdict::free) {
    EXPECT_TRUE(ruling->reason.empty() && ruling->existing.empty() && ruling->message.empty()) << name;
    return "free";
  }
  EXPECT_EQ(ruling->verdict == NameVerdict::taken, ruling->reason == "name.taken") << name;
  EXPECT_NE(ruling->message.find("'" + ruling->existing + "'"), std::string::npos) << ruling->message;
  return ruling->reason + " " + ruling->existing;
}

struct Row {
  const char* name;
  const char* ruling;
};

TEST(NamePolicy, NamespacesOfStrangers) {
  NameIndex index(NameScope::namespaces);
  for (const auto* name : {"acme", "vision-works", "corner", "bluebird", "lib5", "novaflow-ai", "yellow-library",
                           "resnet18", "hello-world", "clover", "qix", "seven-cats", "Kelvin"})
    index.add(name);
  const Row rows[] = {
      // What is given.
      {"acme", "name.taken acme"},
      {"vision-works", "name.taken vision-works"},
      {"qix", "name.taken qix"},
      {"Kelvin", "name.taken Kelvin"},
      // Case.
      {"Acme", "name.case acme"},
      {"ACME", "name.case acme"},
      {"kelvin", "name.case Kelvin"},
      // Separators.
      {"ac-me", "name.separators acme"},
      {"a.c.m.e", "name.separators acme"},
      {"visionworks", "name.separators vision-works"},
      {"vision_works", "name.separators vision-works"},
      {"vision.works", "name.separators vision-works"},
      {"vision--works", "name.separators vision-works"},
      {"Vision_Works", "name.separators vision-works"},
      {"visi-onworks", "name.separators vision-works"},
      // Letters and digits that look alike.
      {"v1sion-works", "name.look_alike vision-works"},
      {"vlsion-works", "name.look_alike vision-works"},
      {"visi0n-works", "name.look_alike vision-works"},
      {"vi5ion-work5", "name.look_alike vision-works"},
      {"vision-vvorks", "name.look_alike vision-works"},
      {"comer", "name.look_alike corner"},
      {"dover", "name.look_alike clover"},
      {"c1over", "name.look_alike clover"},
      {"b1uebird", "name.look_alike bluebird"},
      {"biuebird", "name.look_alike bluebird"},
      {"8luebird", "name.look_alike bluebird"},
      {"libs", "name.look_alike lib5"},
      {"9ix", "name.look_alike qix"},
      {"q1x", "name.look_alike qix"},
      {"b1ue-b1rd", "name.look_alike bluebird"},
      // Plural.
      {"acmes", "name.plural acme"},
      {"yellow-libraries", "name.plural yellow-library"},
      {"seven-cat", "name.plural seven-cats"},
      {"visions-work", "name.plural vision-works"},
      // Words that anybody can add.
      {"acme-official", "name.affix acme"},
      {"acme-ai", "name.affix acme"},
      {"acme-inc", "name.affix acme"},
      {"the-acme", "name.affix acme"},
      {"get-acme-ai", "name.affix acme"},
      {"acme-official-support-team", "name.affix acme"},
      {"official-4cme", "free"},
      {"acmeofficial", "name.affix acme"},
      {"acmeai", "name.affix acme"},
      {"acmeinc", "name.affix acme"},
      {"novaflow", "name.affix novaflow-ai"},
      {"novaflow-labs", "name.affix novaflow-ai"},
      {"n0vaflow-team", "name.affix novaflow-ai"},
      // Words in another order.
      {"works-vision", "name.word_order vision-works"},
      {"world-hello", "name.word_order hello-world"},
      {"the-world-hello-ai", "name.word_order hello-world"},
      // One edit.
      {"bluebrd", "name.one_edit bluebird"},
      {"bluebirdd", "name.one_edit bluebird"},
      {"bluebirt", "name.one_edit bluebird"},
      {"bleubird", "name.one_edit bluebird"},
      {"lbuebird", "name.one_edit bluebird"},
      {"xbluebird", "name.one_edit bluebird"},
      {"acmee", "name.one_edit acme"},
      {"acme2", "name.one_edit acme"},
      {"helo-world", "name.one_edit hello-world"},
      {"he11oo-world", "name.one_edit hello-world"},
      {"resnet180x", "free"},
      {"resnt18", "name.one_edit resnet18"},
      // Too short for edits, or too far.
      {"acne", "free"},
      {"qux", "free"},
      {"bluebeard", "free"},
      {"blubrd", "free"},
      {"resnet34", "free"},
      {"resnet19", "free"},
      {"resnet180", "free"},
      {"acme-vision", "free"},
      {"vision", "free"},
      {"works", "free"},
      // Reserved.
      {"stoa", "name.reserved stoa"},
      {"admin", "name.reserved admin"},
      {"api", "name.reserved api"},
      {"openai", "name.reserved openai"},
      {"open-ai", "name.separators openai"},
      {"0penai", "name.look_alike openai"},
      {"openal", "name.look_alike openai"},
      {"opena1", "name.look_alike openai"},
      {"openai-official", "name.affix openai"},
      {"openai-france", "name.well_known openai"},
      {"fast-goog1e-models", "name.well_known google"},
      {"gogle", "name.one_edit google"},
      {"rnicrosoft", "name.look_alike microsoft"},
      {"micorsoft", "name.one_edit microsoft"},
      {"st0a", "name.look_alike stoa"},
      {"stoa-admin", "name.affix admin"},
      {"ad-min", "name.separators admin"},
      {"adm1n", "name.look_alike admin"},
      {"admins", "name.plural admin"},
      {"admit", "free"},
      {"my-admin-console", "free"},
      {"open", "free"},
      // No name at all.
      {"", "name.length"},
      {"a-name-that-goes-on-for-longer-than-sixty-four-characters-can-hold", "name.length"},
      {"---", "name.character"},
      {"ac me", "name.character"},
      {"ac/me", "name.character"},
      {"acme\x1b[2J", "name.character"},
      {"acme\x7f", "name.character"},
      {"xn--acme-epa", "name.punycode"},
  };
  EXPECT_GE(std::size(rows), 60u);
  for (const auto& row : rows) EXPECT_EQ(judged(index, row.name), row.ruling) << row.name;
}

TEST(NamePolicy, PluginsOfOnePublisherOnlyMustNotLookTheSame) {
  NameIndex index(NameScope::plugins);
  for (const auto* name : {"vision", "ocr-small"}) index.add(name);
  const Row rows[] = {{"vision", "name.taken vision"},
                      {"Vision", "name.case vision"},
                      {"v1sion", "name.look_alike vision"},
                      {"ocr_small", "name.separators ocr-small"},
                      {"0cr-small", "name.look_alike ocr-small"},
                      {"visions", "free"},
                      {"vision-model", "free"},
                      {"ocr-smalls", "free"},
                      {"small-ocr", "free"},
                      {"openai", "free"},
                      {"admin", "free"},
                      {"v\xc4\xb1sion", "name.foreign_character"}};
  for (const auto& row : rows) EXPECT_EQ(judged(index, row.name), row.ruling) << row.name;
}

TEST(NamePolicy, ForeignCharactersAreNamedWithTheLetterTheyLookLike) {
  const NameIndex index(NameScope::namespaces);
  const Row rows[] = {{"\xd0\xb0\x63me", "U+0430 (Cyrillic), which looks like 'a'"},
                      {"a\xd1\x81me", "U+0441 (Cyrillic), which looks like 'c'"},
                      {"acm\xd0\xb5", "U+0435 (Cyrillic), which looks like 'e'"},
                      {"\xd0\x90"
                       "cme",
                       "U+0410 (Cyrillic), which looks like 'a'"},
                      {"g\xce\xbfogle", "U+03BF (Greek), which looks like 'o'"},
                      {"\xce\xbd"
                       "ision",
                       "U+03BD (Greek), which looks like 'v'"},
                      {"acm\xc3\xa9", "U+00E9 (Latin), which looks like 'e'"},
                      {"\xc4\xb1ntel", "U+0131 (Latin), which looks like 'i'"},
                      {"\xc5\x82yra", "U+0142 (Latin), which looks like 'l'"},
                      {"\xd5\xb8ova", "U+0578 (Armenian), which looks like 'n'"},
                      {"\xe1\x8e\xaa"
                       "cme",
                       "U+13AA (Cherokee), which looks like 'a'"},
                      {"\xef\xbd\x81"
                       "cme",
                       "U+FF41 (full-width), which looks like 'a'"},
                      {"\xef\xbc\xa1"
                       "cme",
                       "U+FF21 (full-width), which looks like 'a'"},
                      {"\xef\xbc\x97up", "U+FF17 (full-width), which looks like '7'"},
                      {"\xf0\x9d\x90\x9a"
                       "cme",
                       "U+1D41A (mathematical), which looks like 'a'"},
                      {"\xf0\x9d\x9f\x8e"
                       "ne",
                       "U+1D7CE (mathematical), which looks like '0'"},
                      {"\xe2\x85\xbcyra", "U+217C (a number form), which looks like 'l'"},
                      {"\xe2\x93\x90"
                       "cme",
                       "U+24D0 (a circled letter), which looks like 'a'"},
                      {"vision\xe2\x80\x91works", "U+2011 (a dash), which looks like '-'"},
                      {"vision\xe2\x88\x92works", "U+2212 (a dash), which looks like '-'"},
                      {"ac\xe2\x80\x8bme", "U+200B (invisible);"},
                      {"ac\xe2\x80\xaeme", "U+202E (invisible);"},
                      {"acme\xc2\xa0", "U+00A0 (a space);"},
                      {"ac\xcc\x81me", "U+0301 (a combining mark);"},
                      {"\xe4\xba\xba", "U+4EBA (Chinese);"},
                      {"\xf0\x9f\xa4\x97", "U+1F917 (a picture);"},
                      {"\xe2\x9c\x93", "U+2713;"}};
  for (const auto& row : rows) {
    const auto ruling = index.judge(row.name);
    ASSERT_FALSE(ruling.has_value()) << row.ruling;
    EXPECT_EQ(ruling.error().reason, "name.foreign_character");
    EXPECT_NE(ruling.error().message.find(row.ruling), std::string::npos) << ruling.error().message;
    for (const char c : ruling.error().message) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << row.ruling;
  }
}

TEST(NamePolicy, WhatIsNoUtf8IsRefusedAsThat) {
  const NameIndex index(NameScope::namespaces);
  for (const auto* name : {"\x80", "ac\xff", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                           "\xf5\x80\x80\x80", "acm\xe2\x80", "\xc3(", "\xf8\x88\x80\x80\x80"})
    EXPECT_EQ(judged(index, name), "name.utf8") << name;
}

TEST(NamePolicy, GivenNamesComeBeforeReservedOnes) {
  NameIndex index(NameScope::namespaces);
  index.add("openai");
  EXPECT_EQ(judged(index, "openai"), "name.taken openai");
  EXPECT_EQ(judged(index, "0penai"), "name.look_alike openai");
  index.add("gogle");
  EXPECT_EQ(judged(index, "gogles"), "name.plural gogle");
}

TEST(NamePolicy, TheAnswerDoesNotDependOnTheOrderOfNames) {
  const std::vector<std::string> names = {"bluebird", "bluebort", "blue-barn", "bluebarns"};
  NameIndex forward(NameScope::namespaces), backward(NameScope::namespaces);
  for (auto at = names.begin(); at != names.end(); ++at) forward.add(*at);
  for (auto at = names.rbegin(); at != names.rend(); ++at) backward.add(*at);
  for (const auto* name : {"bluebirt", "bluebart", "bluebam", "bluebord", "bluebird-ai"})
    EXPECT_EQ(judged(forward, name), judged(backward, name)) << name;
}

// Against the definition by trying everything: random short words over few letters, so that neighbours are frequent.
TEST(NamePolicy, TheIndexFindsWhatASearchOfAllNamesFinds) {
  std::mt19937 random(7);
  const auto word = [&] {
    std::string out;
    for (std::size_t n = 5 + random() % 3; n > 0; --n) out += "abx"[random() % 3];
    return out;
  };
  NameIndex index(NameScope::namespaces);
  std::vector<std::string> names;
  for (int i = 0; i < 60; ++i) index.add(names.emplace_back(word()));
  int held = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto name = word();
    const bool is_given = std::ranges::find(names, name) != names.end();
    const bool is_near = std::ranges::any_of(names, [&](const auto& other) { return is_one_edit_apart(name, other); });
    const auto ruling = index.judge(name);
    ASSERT_TRUE(ruling.has_value());
    EXPECT_EQ(ruling->verdict, is_given ? NameVerdict::taken : is_near ? NameVerdict::held : NameVerdict::free) << name;
    held += is_near && !is_given;
  }
  EXPECT_GT(held, 300);
}

TEST(NamePolicy, TenThousandNamesStayApart) {
  std::mt19937 random(11);
  NameIndex index(NameScope::namespaces);
  std::vector<std::string> names;
  for (int i = 0; i < 10'000; ++i) {
    std::string name;
    for (int k = 0; k < 12; ++k) name += static_cast<char>('a' + random() % 26);
    index.add(names.emplace_back(name));
  }
  for (std::size_t i = 0; i < names.size(); i += 97) {
    EXPECT_EQ(judged(index, names[i]), "name.taken " + names[i]);
    auto edited = names[i];
    edited[6] = edited[6] == 'x' ? 'y' : 'x';
    EXPECT_NE(judged(index, edited), "free") << edited;
  }
}

TEST(OneEdit, IsSymmetricAndExact) {
  const struct {
    const char *a, *b;
    bool is_apart;
  } rows[] = {{"", "", false},         {"", "a", true},          {"a", "a", false},        {"a", "b", true},
              {"ab", "ba", true},      {"abc", "acb", true},     {"abc", "cba", false},    {"abcd", "acbd", true},
              {"abcd", "abc", true},   {"abcd", "bcd", true},    {"abcd", "acd", true},    {"abcd", "ab", false},
              {"abcd", "abxd", true},  {"abcd", "axyd", false},  {"abcd", "badc", false},  {"aab", "ab", true},
              {"abab", "baba", false}, {"abcde", "abced", true}, {"abcde", "xbcde", true}, {"abcde", "abcdex", true}};
  for (const auto& row : rows) {
    EXPECT_EQ(is_one_edit_apart(row.a, row.b), row.is_apart) << row.a << " " << row.b;
    EXPECT_EQ(is_one_edit_apart(row.b, row.a), row.is_apart) << row.b << " " << row.a;
  }
}

}  // namespace
}  // namespace stoa::registry
