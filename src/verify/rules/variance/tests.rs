use super::*;
use crate::verify::rules::support::{effect, table};

const RULE: &Rule = &RULES[0];

#[test]
fn r33_in_chinese() {
    table(
        RULE,
        &[
            (
                "勘查方案需要作重大调整的，应当按照规定报原矿业权出让部门不批准",
                "勘查方案需要作重大调整的，应当按照规定报原矿业权出让部门批准。",
            ),
            (
                "发现船舶不能提供有效的营运证件的，应当通知无关主管部门依法处理",
                "发现船舶不能提供有效的营运证件的，应当通知有关主管部门依法处理。",
            ),
            ("旅客登机时，承运人无需核对旅客人数", "旅客登机时，承运人必须核对旅客人数。"),
            ("上级人民法院应当在审限届满五日前作出决定", "上级人民法院应当在审限届满十一日前作出决定。"),
            (
                "利伐沙班是二种新型口服抗凝药物，可直接抑制凝血因子",
                "利伐沙班是一种新型口服抗凝药物，可直接抑制凝血因子。",
            ),
            ("国家实行统一的对外贸易制度，限制发展对外贸易", "国家实行统一的对外贸易制度，鼓励发展对外贸易。"),
            ("当事人应当向仲裁机构缴纳费用，并提交书面申请", "当事人应当向仲裁委员会缴纳费用，并提交书面申请。"),
            ("甲公司向乙公司提供借款二亿元", "甲公司向丙公司提供借款二亿元，年利率4.5%。"),
            ("甲公司持有丙公司51%股权", "甲公司持有乙公司60%股权，乙公司持有丙公司51%股权。"),
        ],
        &[
            ("借款人应当按照约定的期限返还借款", "借款人应当按照约定的期限返还借款。"),
            ("借款人必须依照约定的期限返还借款", "借款人应当按照约定的期限返还借款。"),
            (
                "公司应当于三十日内在报纸上公告并通知债权人",
                "公司应当自作出决议之日起十日内告知股东，于三十日内在报纸上公告并通知债权人。",
            ),
            (
                "动产物权的转让自交付时发生效力，法律另有规定的除外",
                "动产物权的转让，自交付时发生效力，但是法律另有规定的除外。",
            ),
            ("申请人和被申请人均可以在十五日内提出异议", "申请人与被申请人均可以在15日内提出异议。"),
            ("公司总部设在杭州，员工约三百人", "甲公司的注册地在上海，去年裁员一半。"),
            (
                "利息不得预先在本金中扣除",
                "借款的利息不得预先在本金中扣除。利息预先在本金中扣除的，应当按照实际借款数额返还借款。",
            ),
            (
                "承租人可以随时解除合同，但是应当在合理期限之前通知",
                "承租人可以随时解除合同，但是应当在合理期限之前通知出租人。",
            ),
        ],
    );
}

#[test]
fn r33_in_english() {
    table(
        RULE,
        &[
            (
                "In all, eleven new sites for psi in the RNA were discovered by this procedure.",
                "In all, four new sites for psi in the RNA were discovered by this procedure.",
            ),
            ("Drug B is not recommended for patients under 18.", "Drug A is not recommended for patients under 18."),
            (
                "Many children with this disorder die before the age of 1.",
                "Many children with this disorder die before the age of 10.",
            ),
            (
                "The controller shall not notify the supervisory authority of the breach.",
                "The controller shall notify the supervisory authority of the breach.",
            ),
            (
                "The notified body may inform the competent authority of its decision.",
                "The notified body shall inform the competent authority of its decision.",
            ),
            (
                "The lessee shall pay the cost of return shipping within the period agreed.",
                "The lessor shall pay the cost of return shipping within the period agreed.",
            ),
            (
                "The committee increased the rate by a quarter of a point on Monday.",
                "The committee decreased the rate by a quarter of a point on Monday.",
            ),
        ],
        &[
            (
                "The controller shall notify the supervisory authority of the breach.",
                "The controller shall notify the supervisory authority of the breach.",
            ),
            (
                "Each controller must notify the supervisory authority of the breach.",
                "Each controller shall notify the supervisory authority of the breach.",
            ),
            (
                "Every patient was treated with four doses of the vaccine.",
                "Each patient was treated with 4 doses of the vaccine.",
            ),
            (
                "The bridge was opened in 1932 after nine years of work.",
                "Work on the tunnel under the harbour took much longer than planned.",
            ),
            (
                "The tenant keeps the premises clean and in good repair.",
                "The tenant keeps the premises clean and in good repair, and the landlord repairs the roof.",
            ),
            (
                "Patients receive the vaccine twice a year in the clinic.",
                "All patients receive the vaccine twice a year in the clinic.",
            ),
        ],
    );
}

#[test]
fn one_decisive_change_contradicts_and_others_only_flag() {
    for (claim, source, wanted) in [
        (
            "上级人民法院应当在审限届满五日前作出决定",
            "上级人民法院应当在审限届满十一日前作出决定。",
            Effect::Contradict,
        ),
        ("旅客登机时，承运人无需核对旅客人数", "旅客登机时，承运人必须核对旅客人数。", Effect::Contradict),
        // What it drops may be what it hangs on.
        (
            "It is important to check with your doctor soon",
            "It is important to check with your doctor soon if you have these symptoms.",
            Effect::Flag,
        ),
        (
            "盗窃行为未构成犯罪的，以其他犯罪定罪处罚",
            "盗窃行为未构成犯罪的，以其他犯罪定罪处罚，但损毁财物的除外。",
            Effect::Flag,
        ),
        (
            "As soon as it adopts the act, the Commission is required to notify it to the Council.",
            "As soon as it adopts the act, the Parliament shall notify it to the Council.",
            Effect::Flag,
        ),
        (
            "The tests can show if the condition has changed and the disease has come back.",
            "The tests can show if the condition has changed or the disease has come back.",
            Effect::Flag,
        ),
        (
            "承租人应当按照约定的期限交付租赁物并保持其用途",
            "出租人应当按照约定的期限交付租赁物并保持其用途。",
            Effect::Contradict,
        ),
        // Two changes: it may be about another court.
        ("下级人民法院应当在审限届满五日前作出决定", "上级人民法院应当在审限届满十一日前作出决定。", Effect::Flag),
        // A version is what the sentence is about.
        (
            "与2017年版指南对高血压的定义相比，欧洲指南更适用",
            "与2018年版指南对高血压的定义相比，欧洲指南更适用。",
            Effect::Flag,
        ),
        (
            "当事人应当向仲裁机构缴纳费用，并提交书面申请",
            "当事人应当向仲裁委员会缴纳费用，并提交书面申请。",
            Effect::Flag,
        ),
        (
            "The lessee shall pay the cost of shipping within the period agreed.",
            "The lessor shall pay the cost of shipping within the period agreed.",
            Effect::Contradict,
        ),
    ] {
        assert_eq!(effect(RULE, claim, source), Some(wanted), "{claim}");
    }
}

#[test]
fn numerals_of_one_value_are_one() {
    for (one, other) in [("four", "4"), ("三十", "30"), ("two", "二"), ("1,200", "1200")] {
        assert_eq!(crate::text::quantity::number(one), crate::text::quantity::number(other), "{one} {other}");
        assert!(crate::text::quantity::number(one).is_some(), "{one}");
    }
    assert_eq!(crate::text::quantity::number("four sites"), None);
}
