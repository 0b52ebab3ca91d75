"""The codes of the EU's authority tables and of HealthDCAT-AP's lists, as far as they follow from no rule.

Facts: Publications Office authority table language; HealthDCAT-AP Release 8, lists standard and
coding-system (of the standards only those that are no group).
"""

_LANGUAGES = """
    aa:AAR ab:ABK ae:AVE af:AFR ak:AKA am:AMH an:ARG ar:ARA as:ASM av:AVA ay:AYM az:AZE ba:BAK be:BEL bg:BUL bi:BIS
    bm:BAM bn:BEN bo:BOD br:BRE bs:BOS ca:CAT ce:CHE ch:CHA co:COS cr:CRE cs:CES cu:CHU cv:CHV cy:CYM da:DAN de:DEU
    dv:DIV dz:DZO ee:EWE el:ELL en:ENG eo:EPO es:SPA et:EST eu:EUS fa:FAS ff:FUL fi:FIN fj:FIJ fo:FAO fr:FRA fy:FRY
    ga:GLE gd:GLA gl:GLG gn:GRN gu:GUJ gv:GLV ha:HAU he:HEB hi:HIN ho:HMO hr:HRV ht:HAT hu:HUN hy:HYE hz:HER ia:INA
    id:IND ie:ILE ig:IBO ii:III ik:IPK io:IDO is:ISL it:ITA iu:IKU ja:JPN jv:JAV ka:KAT kg:KON ki:KIK kj:KUA kk:KAZ
    kl:KAL km:KHM kn:KAN ko:KOR kr:KAU ks:KAS ku:KUR kv:KOM kw:COR ky:KIR la:LAT lb:LTZ lg:LUG li:LIM ln:LIN lo:LAO
    lt:LIT lu:LUB lv:LAV mg:MLG mh:MAH mi:MRI mk:MKD ml:MAL mn:MON mr:MAR ms:MSA mt:MLT my:MYA na:NAU nb:NOB nd:NDE
    ne:NEP ng:NDO nl:NLD nn:NNO no:NOR nr:NBL nv:NAV ny:NYA oc:OCI oj:OJI om:ORM or:ORI os:OSS pa:PAN pi:PLI pl:POL
    ps:PUS pt:POR qu:QUE rm:ROH rn:RUN ro:RON ru:RUS rw:KIN sa:SAN sc:SRD sd:SND se:SME sg:SAG sh:HBS si:SIN sk:SLK
    sl:SLV sm:SMO sn:SNA so:SOM sq:SQI sr:SRP ss:SSW st:SOT su:SUN sv:SWE sw:SWA ta:TAM te:TEL tg:TGK th:THA ti:TIR
    tk:TUK tl:TGL tn:TSN to:TON tr:TUR ts:TSO tt:TAT tw:TWI ty:TAH ug:UIG uk:UKR ur:URD uz:UZB ve:VEN vi:VIE vo:VOL
    wa:WLN wo:WOL xh:XHO yi:YID yo:YOR za:ZHA zh:ZHO zu:ZUL
"""
LANGUAGES = dict(pair.split(":") for pair in _LANGUAGES.split())  # ISO 639-1 -> 639-3, in capitals
STANDARDS = frozenset(
    """
    FAIRSHARING ECRIN-CRMDR CDA IHE-XDS.b CDISC-SDTM ISO-13940 ISO-13606-1 FHIR IEEE-11073-20702 HL7 DICOM PHIRI
    OMOP-CDM OPENEHR IDMP HL7-CCOW INSPIRE MIABIS BEACON MEDDRA
    """.split()
)
CODING_SYSTEMS = frozenset(
    """
    ATC ICF EMA-SPOR OHDSI-VOCAB ORPHACODE ICD-O UCUM EDQM NCIT UMLS PROC-CODES-NAT HGNC ICD-9-CM RXNORM MESH ORDO
    EMDN GMDN NPU ICPC-3 OPS SNOMED-CT ICPC-2 DICOM-CT WHODRUG ICD-11 ICD-10 ICHI ICD-10-NAT HPO LOINC MEDDRA
    """.split()
)
