"""Passwords that are tried first: of leaked lists, Chinese and others, and the stems that people hang digits on."""

# Whole passwords, lower case, that no rule below would catch.
_COMMON = """
1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 2wsx3edc 3edc4rfv zaq12wsx zaq1zaq1 q1w2e3r4 q1w2e3r4t5 qwer1234 1234qwer
qwerasdf asdf1234 1234asdf zxcv1234 asdfzxcv asdfghjkl qwertyuiop zxcvbnm123 qazwsxedc qazwsx123 wsxedcrfv poiuytrewq lkjhgfdsa
abcd1234 abc12345 abc123456 a1234567 a12345678 a123456789 aa123456 aa12345678 1234567a 12345678a 123456789a q1234567 q12345678
w1234567 z1234567 z123456789 qq123456 qq123456789 qwe12345 qwe123456 asd12345 asd123456 zxc123456 aaa11111 aaa12345 abab1212
a1b2c3d4 1a2b3c4d a1s2d3f4 p@ssw0rd p@ssword passw0rd pa55word pa55w0rd passwd123 letmein1 letmein123 trustno1 iloveyou1
iloveyou2 1314woaini 520woaini 5201314a 5201314aa a5201314 aini1314 aini5201314 woaini1314 woaini520 woaini5201314 1314520a
wodemima mimamima mima1234 meiyoumima wangjimima zhongguo1 woshishui nishishui tamadewo caonima123 woaiwojia woaiziji
football1 baseball1 superman1 sunshine1 princess1 starwars1 whatever1 computer1 internet1 samsung123 iphone123 huawei123
xiaomi123 qwerty12 qwertyui asdfasdf qweqweqwe asdasdasd zxczxczxc qazqazqaz 1qaz1qaz 123qweasd 123qweasdzxc qweasdzxc
qwe123qwe asd123asd 123abc123 abc123abc 1234abcd 12345abc 123456abc 123456aa 123456qq 123456qwe 1111aaaa aaaa1111 11112222a
88888888a a88888888 66666666a a66666666 changeme123 default123 welcome1 welcome123 access123 monkey123 dragon123 shadow123
master123 michael123 test1234 testtest guestguest rootroot adminadmin manager1 cashier1 shouyin123 shouyinyuan dianzhang123
dianzhang1 huitouke huitouke1 huitouke123
"""

# What is a word, a shop or a way of love with some digits or signs around it, says nothing new.
_STEMS = """
password passwort passwd admin administrator root user guest test demo login letmein welcome changeme default secret master
manager cashier shop store member regulars qwerty qwertyui qwertyuiop asdfgh asdfghjk asdfghjkl zxcvbn zxcvbnm qazwsx qweasd
abcdef abcdefg abcdefgh iloveyou iloveu loveyou woaini woaiwo wodeai aini nihao zhongguo beijing shanghai guangzhou shenzhen
mima wodemima dianzhang shouyin shouyinyuan huiyuan huitouke chaoshi shuiguo zongbu guanli guanliyuan yonghu
dragon monkey football baseball superman batman sunshine princess shadow michael summer winter spring autumn
wang zhang zhangwei wangwei liwei wangfang lina zhangmin zhaoyun liuyang
"""
COMMON = frozenset(_COMMON.split())
STEMS = frozenset(_STEMS.split())
