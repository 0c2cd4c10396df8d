"""Tests of what needs neither weights nor packages: `python3 -m unittest discover training`."""
import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from charsmap import build
from edits import en, zh
from edits.common import CLOSE, OPEN, Edit, coverage, sentences, unmark
from judge_prompt import Prompts, Spm, parts
from metrics import auc, balanced, calibration_error
from sources import claim_of
from tokenizer import Tokenizer, pair
from tuples import Document, Maker


class Numerals(unittest.TestCase):
    def test_there_and_back(self):
        for n in [*range(1, 2000), 10_000, 10_005, 12_345, 100_000, 203_000, 1_002_003, 99_999_999]:
            self.assertEqual(zh.value(zh.numeral(n)), n, zh.numeral(n))

    def test_known(self):
        self.assertEqual(zh.numeral(15), "十五")
        self.assertEqual(zh.numeral(1254), "一千二百五十四")
        self.assertEqual(zh.value("两百"), 200)
        self.assertIsNone(zh.value("一二"))

    def test_another_number_is_another(self):
        rng = random.Random(1)
        for text in ("30", "2.5", "十五", "三十", "1998"):
            for _ in range(50):
                self.assertNotEqual(zh.other_number(text, rng), text)


class Edits(unittest.TestCase):
    def test_marks_give_spans(self):
        text, spans = unmark(f"甲{OPEN}可以{CLOSE}退货")
        self.assertEqual((text, spans), ("甲可以退货", [(1, 3)]))

    def test_modality_and_bound_are_offered(self):
        offered = {(e.operator, e.new) for _ in range(20) for e in zh.edits("经营者应当在三十日以内退货，金额不超过二万元。", random.Random(_))}
        self.assertTrue({"modality", "number", "bound"} <= {o for o, _ in offered})
        self.assertNotIn(("modality", "应当"), offered)

    def test_fixed_words_are_left_alone(self):
        self.assertFalse([e for e in zh.edits("有关部门不得不停工", random.Random(1)) if e.operator == "modality"])
        for found in en.edits("It may be that they have no plans.", random.Random(1)):
            self.assertNotEqual(found.operator, "modality")

    def test_rewording_keeps_the_edit(self):
        rng = random.Random(2)
        line = "经营者应当自收到货物之日起七日内退还价款。"
        edit = next(e for e in zh.edits(line, rng) if e.operator == "modality")
        for _ in range(50):
            text, spans = unmark(zh.preserve(edit.apply(line, mark=True), rng))
            # The edited word may be reworded itself; it stays marked, and stays wrong.
            self.assertEqual(len(spans), 1)
            self.assertNotIn(text[spans[0][0] : spans[0][1]], {"应当", "必须", "应", "须"})

    def test_rewording_moves_conditions_and_keeps_words(self):
        seen = {en.preserve("If the product is damaged, the seller must refund the price.", random.Random(i)) for i in range(60)}
        self.assertTrue(any(s.startswith("The seller") and "if the product" in s for s in seen), seen)

    def test_a_dropped_proviso_is_not_supported(self):
        self.assertIn("unsupported", {l for _, l in zh.shorten("经营者应当退还价款，但是法律另有规定的除外。")})
        self.assertIn("unsupported", {l for _, l in en.shorten("The seller must refund the full price unless the buyer damaged the goods.")})


class Claims(unittest.TestCase):
    def test_questions_become_claims(self):
        self.assertEqual(claim_of("孙德培是哪一年成立了中和帮？", "1953年")[0], "孙德培是1953年成立了中和帮")
        text, (a, b) = claim_of("《战国无双3》的导演是谁？", "鲤沼久史")
        self.assertEqual(text[a:b], "鲤沼久史")

    def test_open_questions_do_not(self):
        for asked in ("为什么他离开？", "有哪些人参加？", "如何申请？"):
            self.assertIsNone(claim_of(asked, "因为"))


class Tuples(unittest.TestCase):
    def test_spans_point_at_what_they_name(self):
        text = "".join(f"第{zh.numeral(n)}类申请人应当在{zh.numeral(n)}日内提交材料，逾期不得补交。" for n in range(2, 30))
        row = {"lang": "zh", "title": "某办法", "sections": [{"locator": "第一条", "path": [], "text": text}]}
        document, maker = Document(row, "law-zh"), Maker(random.Random(3))
        labels = set()
        for at in range(len(document.lines)):
            for item in maker.make(document, at):
                labels.add(item["label"])
                for a, b in item["support"] or []:
                    self.assertTrue(item["evidence"][a:b].endswith("。"), item)
                for a, b in item["guilty"] or []:
                    self.assertTrue(0 <= a < b <= len(item["claim"]))
                if item["label"] == "unsupported" and item["operator"] == "missing":
                    self.assertNotIn(item["claim"].rstrip("。"), item["evidence"])
        self.assertTrue({"supported", "contradicted"} <= labels)

    def test_wording_alone_does_not_betray(self):
        """Over many draws, as many edited claims are right (in edited evidence) as wrong."""
        text = "".join(f"申请人应当在{n}日内向第{n}号窗口提交材料。" for n in range(20, 90))
        row = {"lang": "zh", "title": "某办法", "sections": [{"locator": "x", "path": [], "text": text}]}
        document = Document(row, "law-zh")
        edited = {True: 0, False: 0}
        for seed in range(12):
            maker = Maker(random.Random(seed))
            for at in range(len(document.lines)):
                parts, index = document.window(at, maker.rng)
                line = parts[index]
                for item in maker.tuple4(document, at, parts, index, line, zh):
                    if "应当" not in item["claim"] and "必须" not in item["claim"]:
                        edited[item["label"] == "supported"] += 1
        share = edited[True] / max(1, sum(edited.values()))
        self.assertGreater(sum(edited.values()), 50)
        self.assertTrue(0.35 < share < 0.65, edited)


class Tokens(unittest.TestCase):
    def tokenizer(self):
        pieces = [b"<s>", b"<pad>", b"</s>", b"<unk>", "▁".encode(), "▁a".encode(), b"b", b"ab", ",".encode(), "法".encode(), b"<mask>"]
        return Tokenizer(pieces, [0, 0, 0, 0, -2.0, -2.5, -3.0, -4.0, -2.0, -3.0, 0], {"，": ",", "\u3000": " "}, 3, {0, 1, 2, 10})

    def test_places_and_unknown_runs(self):
        ids, spans = self.tokenizer().encode("ab， 法xy法")
        self.assertEqual(ids, [5, 6, 8, 4, 9, 3, 9])
        self.assertEqual(spans, [(0, 1), (1, 2), (2, 3), (4, 4), (4, 5), (5, 7), (7, 8)])

    def test_pair_layout(self):
        ids, evidence, claim, left, right = pair(self.tokenizer(), "ab", "法")
        self.assertEqual(ids, [0, 5, 6, 2, 2, 4, 9, 2])
        self.assertEqual((evidence, claim), (1, 5))

    def test_charsmap_is_found_again(self):
        blob = build({"，": ",", "㎏": "kg"})
        self.assertIn(b"kg\0", blob)


class Judge(unittest.TestCase):
    def spm(self):
        pieces = ["<bos>", "\n", "a", "b", "ab", "bab", "\u2581", "\u2581a", "\u2581ab", *(f"<0x{b:02X}>" for b in range(256)), " Q: "]
        scores = [0, 0, -9, -9, -1, -2, -9, -5, -3, *[0] * 257]
        return Spm(pieces, scores, [3, 4, 1, 1, 1, 1, 1, 1, 1, *[6] * 256, 4])

    def test_merges_by_score_then_from_the_left(self):
        spm = self.spm()
        name = {i: p for p, i in spm.ids.items()}
        self.assertEqual([name[i] for i in spm.encode("bab")], ["bab"])
        self.assertEqual([name[i] for i in spm.encode("a ab\nabab")], ["a", "\u2581ab", "\n", "ab", "ab"])

    def test_what_is_no_piece_is_spelt_in_bytes(self):
        spm = self.spm()
        self.assertEqual(spm.encode("a\u6cd5"), [2, 9 + 0xE6, 9 + 0xB3, 9 + 0x95])

    def test_prompt_parts(self):
        self.assertEqual(parts("a\n b", " c\t", "{evidence}\nClaim: {claim}\nAnswer:"), ("a b\n", "Claim: c\nAnswer:"))

    def test_evidence_and_claim_are_cut_and_the_template_is_not(self):
        prompts = Prompts(self.spm(), bos=0, template="{evidence}\n{claim}\nab", words=("a", "b", "ab"))
        prefix, suffix = prompts.pair("ab" * 2000, "ba" * 2000)
        self.assertEqual((prompts.labels, prefix[0], prefix[-1], suffix[-2:]), ([2, 3, 4], 0, 1, [1, 4]))
        self.assertTrue(200 < len(prefix) <= 258 and len(suffix) <= 98)


class Figures(unittest.TestCase):
    def test_auc(self):
        self.assertEqual(auc([(0.1, False), (0.9, True)]), 1.0)
        self.assertEqual(auc([(0.5, False), (0.5, True)]), 0.5)
        self.assertAlmostEqual(auc([(1, True), (2, False), (3, True), (4, True)]), 2 / 3)

    def test_balanced_and_calibration(self):
        self.assertEqual(balanced([(True, True), (True, False), (False, False)]), 0.75)
        self.assertAlmostEqual(calibration_error([(0.75, True)] * 3 + [(0.75, False)]), 0.0)

    def test_overlap_and_sentences(self):
        self.assertEqual(coverage("应当退货", "经营者应当退货。", "zh"), 1.0)
        self.assertEqual(sentences("甲。乙；丙", "zh"), ["甲。", "乙；", "丙"])
        self.assertEqual(sentences("Dr. Smith came. He left.", "en"), ["Dr. Smith came.", "He left."])


if __name__ == "__main__":
    unittest.main()
