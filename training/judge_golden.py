"""Writes what the trained judge says of a few pairs: what the tests of the project hold llama.cpp against.

  judge_golden.py --weights FILE --judge DIR --out FILE
"""
import argparse
import json
from pathlib import Path

import gguf
import torch

from calibrate import softmax
from judge_gemma import Gemma, Lora
from judge_prompt import Prompts, Spm, base
from judge_score import logits

LOAN = "第六百七十五条　借款人应当按照约定的期限返还借款。对借款期限没有约定或者约定不明确的，借款人可以随时返还。"
BREACH = ("The controller shall without undue delay and, where feasible, not later than 72 hours after having become aware of it, "
          "notify the personal data breach to the supervisory authority.")
DOSE = "二甲双胍的起始剂量为每次500mg，每日两次，随餐服用；最大剂量为每日2000mg。"
TRIAL = "In the trial, vitamin D did not reduce the incidence of fractures compared with placebo over five years of follow-up."
PAIRS = [
    ("zh", LOAN, "借款人要按约定的期限还款。"),
    ("zh", LOAN, "没有约定借款期限的，借款人什么时候还都可以。"),
    ("zh", LOAN, "借款人不必返还借款。"),
    ("zh", LOAN, "出租人可以随时解除合同。"),
    ("zh", DOSE, "二甲双胍应随餐服用。"),
    ("zh", DOSE, "二甲双胍应空腹服用。"),
    ("en", BREACH, "A personal data breach has to be notified to the supervisory authority by the controller."),
    ("en", BREACH, "The controller must inform the authority within 72 hours of becoming aware of the breach."),
    ("en", BREACH, "The data subject must notify the breach to the police."),
    ("en", TRIAL, "Vitamin D was no better than placebo at preventing fractures."),
    ("en", TRIAL, "Vitamin D prevented fractures."),
    ("en", TRIAL, "Calcium lowers blood pressure."),
]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--weights", type=Path, required=True)
    options.add_argument("--judge", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    options = options.parse_args()
    torch.set_num_threads(1)
    prompts = Prompts(Spm.of(gguf.GGUFReader(str(base()))))
    model = Gemma(base(), prompts.labels)
    lora = Lora.of(model, torch.load(options.weights))
    calibration = json.loads((options.judge / "judge.json").read_text())["calibration"]
    rows = logits(model, lora, [prompts.ids(evidence, claim) for _, evidence, claim in PAIRS])
    with open(options.out, "w", encoding="utf-8") as out:
        for (lang, evidence, claim), row in zip(PAIRS, rows):
            about = calibration[lang]
            p = softmax(torch.tensor(row), about["temperature"], torch.tensor(about["bias"])).tolist()
            out.write(json.dumps({"lang": lang, "evidence": evidence, "claim": claim, "p": round(p[0], 4)}, ensure_ascii=False) + "\n")
            print([round(x, 3) for x in p], claim)


if __name__ == "__main__":
    main()
