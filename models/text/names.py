"""Given names and surnames in use in the United Kingdom: what shape alone does not show to be a name.

Given names are the commonest of each decade in England and Wales (Office for National Statistics, baby names and names
by year of birth, Open Government Licence) with their short forms and transliterations, and common names of other
origins in use here. Surnames are the 500 commonest and common ones of other origins. All lower case. A name that is
missing is still masked where its capital letter shows it (`models.text.masking`).
"""

from __future__ import annotations

GIVEN = frozenset(
    """
    aaliyah aamina aaron abbey abbie abby abdul abi abigail abraham adam adele adrian ahmaad ahmad ahmed ahmet
    aicha aidan aiden aimee aisha aishah akhmed akram alan alasdair alastair albert alee aleeza aleksander
    aleksandr alex alexa alexander alexandr alexandra alfie ali alice alina alison alistair allan aly amal aman
    amanda amani amber amelia amina aminah amir amira amirah amy andrea andrei andrew andrey andriy andrzej andy
    angela anil anisa anita ann anna anne annette ant anthony anton antoni antony anwar anya archie arjun arthur
    asad ashleigh ashley asif asma ava ayaan ayesha ayse aysha azra barbara barry becca becky bella ben benjamin
    benji benny bernard bert beth bethan bethany betsy betty beverley bex bilal bill billy bob bobby bogdan brad
    bradley brandon brenda brett brian bruce bryan caitlin callie callum cam cameron carl carly carol carole
    caroline carolyn carys cath catherine cathryn cathy chantelle char charlene charles charlie charlotte chaz
    chelsea cheryl chidi chloe chris christian christine christofer christopher chuck claire clare clifford clive
    cody colin connor conor courtney craig curtis dafydd dai dale damian damien damilola dan dani daniel daniela
    danielle daniil danny danylo darren dave davey david dawid dawn dean deb debbie deborah debra declan deepak
    demi denis denise deniz dennis derek derrick diana diane dick dimitri dimitry dmitri dmitry dmytro dominic
    donald donna dorothy douglas drew duncan dylan ebony ebrahim eddie eddy edith edward eileen elaine eleanor
    eleanora elena elias elif elijah elisabeth eliza elizabeth ella ellen ellie elliot elliott ellis elsie elspeth
    emeka emilia emilie emily emma emmie emre eric erin esme esther ethan eugene eva evan evelyn evgeni evgeny
    evie ewan ezra farah farhan fatema fathima fatima fatimah fatma filip finlay finley fiona flora florence fran
    frances francesca francis frank frankie fred freddie freddy frederick freya funmi gabe gabriel gail gareth
    garry gary gavin gavriil gemma gene geoffrey george georgia georgiana georgie georgina gerald geraldine gerard
    gethin gillian glen glenn gordon grace gracie graeme graham gregory gulsen gurpreet guy habib hadija hafsa
    hakim hal halima hamza hana hanna hannah hari harley harpreet harriet harry harvey hasaan hasan hassan hassen
    hayley hazel heather hector helen henry heorhiy hilary hollie holly hossain howard hugh hugo husain huseyin
    hussain hussein hussen husseyin iain ian ibraheem ibrahim ibrahima ibtisam ilham imogen imran ines ioana ion
    ionut irene isaac isabel isabella isabelle isha isla ismail isobel ivan izabela izzy jack jackson jacob
    jacqueline jade jaden jagdeep jake jakub jamal james jamie jan jane janet janice jared jas jasmin jasmine
    jason jasper javed javier jaxon jay jayden jayne jean jeffrey jemima jemma jen jenna jennie jennifer jenny
    jenson jeremy jerzy jess jessica jessie jibril jill jim jimmy joan joanna joanne jodi jodie joe joel joey john
    johnny jon jonathan jonathon jonny jono jordan joseph josephine josh joshua joyce jozef juan judith julia
    julian julie julija june justin kacey kadie kadija kai kamal kamil karen karim karl karolina kasia katarzyna
    kate katherine kathleen kathryn kathy katie katy katya kaya kayleigh keira keith kelly kenji kenneth kerry
    kevin khadeeja khadija khadijah khalid kieran kim kimberley kirsty kofi kris krzysztof kwame kyle kyra lacey
    lachlan larry laura lauren laurence laurie lawrence layla leah leanne lee leigh leila lena leo leon leonard
    lesley leslie lewis lexi liam libby lila lily linda lindsey lisa liv liz lizzie logan lola lori lorraine
    lottie louis louise loz luca lucas lucy luis luka luke lydia lynda lynn lynne maggie mahamed mahmood maisie
    malcolm malgorzata malik mamadou mandy marc marcus marek margaret margareta marge margo maria mariam marian
    mariana marie marija marilyn marion mariya mark martin martyn mary maryam maryama mateo mateusz mathew matt
    matteo matthew matty maureen maurice max maya meagan meg megan meghan mehdi mehmet melanie melissa mia micah
    michael michal michelle mick mickey mihai mike mikey mikhail mikolaj milena millie mina miriam mitchell
    mohamad mohamed mohammad mohammed mohamud mohd mohsin molly moses mostafa moustafa muhamad muhamed muhammad
    muhammed mustafa mustapha mykhailo mykola nabil nadia nadine naomi nasir nasreen nat natalia natalie nataliya
    natalya natasha nate nathan nathaniel navdeep nazia ned neha neil nell nia niamh nicholas nick nicky nico
    nicola nicolas nicole nigel nikita nikola nikolai nikolas nina noah noor norman nuno oksana oleksandr olena
    olga oliver olivia oliwer oliwia ollie olly omar omer oscar osman owen pablo paddy paige pamela pat patricia
    patrick patryk patsy paul paula pauline paulo pavel pavlo pawel pedro peggy pete peter petr petro phil philip
    phillip phoebe piotr preeti priya pyotr qasim rachael rachel rafael rafal raheem rahem rahim rahul rajesh
    ranveer ravi raymond rebecca rebeka rebekah reece reuben rhian rhiannon rhys rich richard richie rick ricky
    riley rita riya rob robbie robert robin roger roisin roman ronald rory rosemary rosie ross rowan roy ruby
    rukhsana russell ruth ryan ryszard sabina sabrina sadia saeed safa said saira sally salma sam samantha sami
    samir sammie sammy samuel sandeep sandra sandy sanjay sara sarah sasha saul sayed sayeed sayyid scar scarlet
    scarlett scott sean seb sebastian selin semen serena sergei sergey sergiu sergiy serhii serhiy shabnam shahid
    shakira shane shannon sharon shaun shazia sheila shirley sian sienna sikander simon simran skye sofia sonia
    sophie soraya stacey stanley stefan stefania stepan stephan stephanie stephen steve steven stevie stewart
    stuart sue sukhdeep sunil susan susie suzanne suzie svetlana syed sylvia symon szczepan szymon tahir tamara
    tamika tanisha tanya tariq ted teddy tegan temitope terence teresa terry thea theo thomas tia tiago tilly tim
    timmy timothy tina tobias toby tom tomas tomasz tommy tony topher tori tracey tracy trevor tricia trish tyler
    tymoteusz tyrone umar umer usman uzma valerie vanessa vasile vicki vicky victor victoria vikram viktor
    viktoria viktoriya vincent vladimir volodymyr vova wanda waseem wayne wendy wiktor wiktoria will william
    willie winston wladimir wlodzimierz wojciech xander xavi xavier yakub yana yaqub yaroslav yasmeen yasmin
    yasmine yevgeni yevgeniy yevhen yolanda yosef younis yousef youssef yousuf yulia yuliya yuri yuriy yusef yusuf
    yvette yvonne zac zachariah zachary zack zahra zain zainab zak zakaria zakariya zara zeeshan zoe zofia zuleika
    zuzanna
    """.split()
)

SURNAMES = frozenset(
    """
    abbott adams adeyemi afolabi agarwal ahmad ahmed akhtar alexander ali allan allen anderson andrews ansari
    archer armstrong arnold asante ashton atkins atkinson austin awan aziz bailey baker baldwin ball banks bano
    barber barker barlow barnes barnett barrett barry bartlett barton bates baxter begum bell bennett benson
    bentley berry bevan bhatt bibi birch bird bishop black blackburn blake bolton bond booth bose bowen boyle
    bradley bradshaw brady bray brennan briggs brookes brooks brown browne bruce bryan bryant buckley bull burgess
    burke burns burrows burton butcher butler byrne cameron campbell carey carpenter carr carroll carter
    cartwright chadwick chamberlain chambers chan chandler chapman charlton chaudhary chaudhry cheema chowdhury
    clark clarke clayton clements coates cole coleman coles collier collins connolly connor conway cook cooke
    cooper cox craig crawford cross cunningham curtis dale daly daniels das davey davidson davies davis davison
    dawson day dean dennis dhillon dias dickinson dixon dobson dodd doherty donnelly douglas doyle duffy duncan
    dunn dyer edwards elliott ellis evans farmer farrell faulkner ferguson fernandes ferreira field finch fisher
    fitzgerald fleming fletcher flynn ford forster foster fowler fox francis franklin fraser freeman french frost
    fry fuller gallagher gardiner gardner garner george ghosh gibbons gibbs gibson gilbert giles gill glover
    goddard godfrey gomes goodwin gordon gough gould graham grant gray green greenwood gregory grewal griffin
    griffiths gupta haider hale hall hamilton hammond hancock hanson haque harding hardy hargreaves harper harris
    harrison hart hartley harvey hawkins hayes haynes hayward heath henderson henry herbert hewitt hicks higgins
    hill hilton hobbs hodgson holden holland holloway holmes holt hooper hope hopkins horton hosseini houghton
    howard howarth howe howell howells hudson hughes humphreys humphries hunt hunter hurst hussain hutchinson hyde
    ingram iqbal islam ivanov jackson james jarvis jenkins jennings johal john johnson johnston jones jordan joshi
    joyce kamara kapoor kaur kay kelly kemp kennedy kent kerr khan king kirby kirk knight knowles kowalczyk
    kowalska kowalski kozlowski lamb lambert lane law lawrence lawson leach lee lees leonard lewandowski lewis lim
    little lloyd long lord lowe lucas lynch lyons macdonald mahmood malik mann manning marsden marsh marshall
    martin mason matthews may mccarthy mcdonald mckenzie mclean mehta mellor mendes mensah metcalfe miah middleton
    miles miller mills mirza mistry mitchell mohamud moore moran morgan morley morris morrison morton moss
    mukherjee murphy murray mwangi myers naidu nair nash naylor nelson newman newton nguyen nicholls nicholson
    nixon noble nolan norman norris north norton nowak nwosu o'brien o'connor o'donnell o'neill o'sullivan okafor
    okeke okonkwo olawale oliver osborne osei owen owens owusu pacheco page palmer parker parkes parkin parkinson
    parmar parry parsons patel patterson payne peacock pearce pearson pereira perkins perry peters petrov pham
    phillips pickering pollard poole popa pope popescu porter potter potts powell power pratt preston price
    pritchard pugh quinn qureshi radu rahman ramos randall rao raza read reed rees reeves reid reynolds rhodes
    rice richards richardson riley roberts robertson robinson robson rodrigues rogers rose ross rowe rowley
    russell ryan saleem sanders sanderson sandhu santos saunders savage schofield scott sesay shah sharif sharma
    sharp sharpe shaw sheikh shepherd sheppard short sidhu silva simmons simpson sims sinclair singh skinner
    slater smart smith soares sokolov solanki spencer stanley steele stephens stephenson stevens stevenson stewart
    stokes stone storey sullivan sultana summers sutton swift sykes szymanski talbot tang taylor teixeira thapa
    thomas thompson thomson thornton thorpe todd tomlinson townsend tran tucker turnbull turner tyler uddin usmani
    vaughan vincent virk wade walker wall wallace wallis walsh walters walton wang ward warner warren waters
    watkins watson watts webb webster welch wells west weston wheeler white whitehead whitehouse whittaker wilkins
    wilkinson williams williamson willis wilson winter wisniewska wisniewski wojcik wong wood woods woodward
    wright wyatt yates yilmaz young yusuf zhang zielinski
    """.split()
)

# Names that are words too. They are masked where a capital letter or a name next to them shows that one is meant.
WORDS_TOO = frozenset(
    """
    abbey amber ant ball banks barber bell berry bill birch bird bishop black blake bob bond booth bowen brown
    bull burns butcher butler cam carpenter carter chamberlain chambers char christian chuck cook cooper cross
    dale dawn day dick dixon drew ebony farmer field finch fisher ford foster fox frank french frost fry gardner
    gene george gill glen grace grant gray green guy hall hardy hart hazel heath heather hill holland holly holt
    hope hunt hunter hyde ion islam jack jade jay june king knight lamb lane law leach lee lees lily little long
    lord lowe mark marsh marshall mason max may miles mills moss nick noble north paddy page parker pat peacock
    poole pope porter potter power price read reed rice rich rob robin roman rose rosemary ruby said sally sandy
    savage scar scarlet semen sharp shepherd short sims smart smith stone storey sue summers swift tang terry wade
    walker wall ward warren waters watts wells west wheeler white will winter wong wood woods young
    """.split()
)
