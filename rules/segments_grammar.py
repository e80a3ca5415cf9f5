"""The grammar of the language of segments; its terminals are the words of rules/segments_words.py."""

from rules.segments_words import PHRASES

_TERMINALS = " ".join(sorted({kind for kind, _ in PHRASES.values()} | {"STRING", "WORD", "NUMBER", "DATE"}))
GRAMMAR = f"""
%declare {_TERMINALS}
?start: either
?either: both (_OR both)*
?both: one (_AND one)*
?one: condition | (_NOT | ISNOT) one -> negated | _LPAR either _RPAR

?condition: FIELD operator value -> compare
    | FIELD _BETWEEN value (_AND | _TO) value -> between
    | FIELD _IN _LPAR value (_COMMA value)* _RPAR -> among
    | FIELD _NOT_IN _LPAR value (_COMMA value)* _RPAR -> not_among
    | period EXPIRING operator value -> expiring
    | EXPIRING period operator value -> expiring_en
    | period EXPIRING _BETWEEN value (_AND | _TO) value -> expiring_between
    | EXPIRING period _BETWEEN value (_AND | _TO) value -> expiring_between_en
    | EVENT period -> event
    | period EVENT -> event
    | IDLE (_FOR span | period) -> idle
    | (span | period) IDLE -> idle
    | FACT -> fact
    | period? BOUGHT thing more* -> bought
    | period? NOT_BOUGHT thing more* -> not_bought
    | TAGGED name -> tagged
    | NOT_TAGGED name -> not_tagged
    | _FROM shop (span _WITHIN | _WITHIN span) -> near
    | _WITHIN span _OF shop -> near
    | period? REACTED more* -> reacted
    | period? NOT_REACTED more* -> not_reacted
    | period? TOOK CONTENT period? -> took
    | period? WISHED thing? period? -> wished
    | CONSENTED PURPOSE -> consented
    | NOT_CONSENTED PURPOSE -> not_consented
    | IN_SEGMENT name -> in_segment
    | NOT_IN_SEGMENT name -> not_in_segment

!operator: OP | ISNOT | AT_LEAST
value: NUMBER UNIT? | DATE | STRING | WORD
thing: THING name
name: STRING | WORD | NUMBER
shop: name | OWN_STORE
more: AT_LEAST NUMBER UNIT? -> at_least
    | _ANY_SPAN span _WITHIN? -> any_span
    | _CAMPAIGN name -> campaign
    | period -> of_period
span: NUMBER UNIT?
period: _LAST span | _LAST span _WITHIN | span _WITHIN | _WITHIN span
"""
