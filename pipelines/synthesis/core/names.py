"""Pools of invented particulars: names are combined at random, streets are invented, numbers cannot reach anyone.

Mobile numbers are from 07700 900xxx and landlines from 01xx 496 0xxx (Ofcom, numbers for use in drama). Postcodes end
in letters that are never issued in that place (C I K M O V), vehicle marks hold I or Q, never issued there either, and
handsets and SIMs carry test codes (IMEI 00..., IMSI 00101...). Every text can be written in Windows-1252.
"""

from __future__ import annotations

import itertools

import pyarrow as pa


def _words(text: str) -> list[str]:
    """The words of a block of text."""
    return text.split()


FEMALE = pa.array(
    _words(
        """
    Abigail Aisha Alice Amelia Amira Anita Anya Beatrice Bethany Caitlin Carys Charlotte Chloe Claire Daisy
    Danielle Ebony Eleanor Elif Elizabeth Ella Emily Emma Erin Esme Eva Evie Faith Fatima Fiona Freya Georgia
    Grace Gracie Halima Hannah Harriet Heather Holly Imogen Isabelle Isla Jade Jasmine Jennifer Jessica Jodie
    Josephine Joyce Julia Kadie Katherine Kayleigh Keira Kelly Kiran Kirsty Lacey Laura Lauren Layla Leah Libby
    Lily Lola Lucy Maisie Margaret Maria Martha Maya Megan Mia Michelle Millie Molly Morgan Nadia Natalia Niamh
    Nicola Olivia Paige Patricia Phoebe Poppy Priya Rachel Rebecca Renée Rhiannon Rosie Ruby Samantha Sarah
    Sasha Scarlett Shannon Sian Sienna Simran Skye Sofia Sophie Stacey Summer Susan Tamara Tanisha Tegan Thandi
    Tia Tilly Valerie Victoria Willow Yasmin Zara Zoë Zofia
    """
    )
)
MALE = pa.array(
    _words(
        """
    Aaron Adam Ahmed Aidan Alan Albert Alex Alfie Andrew Anthony Archie Arjun Ashley Barry Ben Bilal Billy
    Bradley Brandon Callum Cameron Carl Charlie Chidi Christopher Cody Connor Craig Curtis Daniel Darren David
    Dean Declan Derek Dominic Dylan Edward Elliot Ethan Ewan Finley Francis Freddie Gareth Gary George Gethin
    Graham Harry Harvey Hassan Henry Ibrahim Isaac Jack Jacob Jake Jamal James Jamie Jason Jayden Joel John
    Jordan Joseph Josh Kai Karl Keith Kevin Kieran Kwame Kyle Lee Leo Lewis Liam Logan Louis Luca Luke Marcus
    Mark Martin Mason Matthew Michael Mohammed Nathan Neil Nicholas Noah Oliver Omar Oscar Owen Patrick Paul
    Peter Philip Rafal Ravi Reece Rhys Richard Robert Rory Ross Ryan Sam Scott Sean Shane Simon Stefan Stephen
    Stuart Taylor Terry Theo Thomas Toby Tomasz Tony Tyler Vikram Wayne William Yusuf Zac
    """
    )
)
SURNAMES = pa.array(
    _words(
        """
    Abbott Adeyemi Ahmed Alder Allsop Appleby Archer Ashdown Atwood Bailey Bannister Barlow Bartram Begum
    Bellamy Bhatt Birch Blackwood Bolton Booth Bowyer Bramley Brennan Briggs Brook Burgess Butler Byrne Caldwell
    Carr Carver Chambers Chaudhry Clegg Coates Cole Collier Cooper Copeland Corbett Cotton Coyle Crane Cross
    Crowther Curran Dale Dalton Davies Dawson Deakin Denton Dixon Doherty Draper Duffy Dunne Earl Eastwood
    Eccles Edge Ellison Evans Fairclough Farrow Fenn Fielding Finch Fletcher Flint Forde Forsyth Fox Gale Garner
    Gibbs Gill Glover Goddard Gough Grainger Grant Greaves Griffin Hale Hallam Hanson Hardcastle Harker Hartley
    Hassan Hawkes Hayward Heath Herring Hewitt Hollis Holt Horne Hoyle Hughes Hurst Hussain Iqbal Ivory Jarvis
    Jenkins Jessop Judd Kaur Keane Kemp Khan Kirby Kowalski Lacey Lamb Langley Larkin Lever Linden Lister
    Lockwood Lowe Lucas Lyle Mace Malik Marlow Marsh Mawson Maynard Mbeki Mercer Mills Moss Munro Nash Naylor
    Nicholls Noble Norris Nowak Nunn Oakes Okafor Oldfield Orme Osei Ozturk Padgett Palmer Parr Patel Peacock
    Pearce Pike Pollard Prentice Price Pryor Quinn Radford Rahman Ramsey Rayner Redfern Reeve Rigby Rook Rowe
    Rudge Rushton Salter Sandhu Savage Sawyer Sharpe Shaw Sheikh Silva Singh Skinner Slater Snow Sparrow Stanton
    Steele Stokes Sutton Swann Tanner Tate Thorne Tran Tranter Tully Tyrell Underhill Vance Vickers Waddell
    Wainwright Walsh Ward Waters Webb Weston Wheeler Whitlock Wilde Winter Wolfe Woodruff Wray Yardley Yates
    Young Zielinski
    """
    )
)
NICKNAMES = {  # what else people write for a forename
    "Abigail": "Abi", "Bethany": "Beth", "Charlotte": "Charlie", "Danielle": "Dani", "Eleanor": "Ellie",
    "Elizabeth": "Liz", "Isabelle": "Izzy", "Jasmine": "Jas", "Jennifer": "Jen", "Jessica": "Jess", "Katherine": "Kate",
    "Lauren": "Loz", "Margaret": "Maggie", "Megan": "Meg", "Natalia": "Nat", "Patricia": "Pat", "Rebecca": "Becky",
    "Samantha": "Sam", "Scarlett": "Scar", "Victoria": "Vicky", "Andrew": "Andy", "Anthony": "Tony", "Bradley": "Brad",
    "Cameron": "Cam", "Christopher": "Chris", "Daniel": "Dan", "David": "Dave", "Edward": "Ted", "Joseph": "Joe",
    "Matthew": "Matt", "Michael": "Mike", "Mohammed": "Mo", "Nathan": "Nate", "Nicholas": "Nick", "Oliver": "Ollie",
    "Patrick": "Paddy", "Philip": "Phil", "Richard": "Rich", "Robert": "Rob", "Stephen": "Steve", "Thomas": "Tom",
    "William": "Will",
}  # fmt: skip
STREET_NAMES = pa.array(
    [
        f"{first}{second} {kind}"
        for first, second, kind in itertools.product(
            _words(
                """
    Alder Bramble Cobble Dun Ember Fallow Garnet Hazel Ivy Juniper Kestrel Lark Marl Nettle Otter Pipit Quill
    Rowan Sorrel Teasel
    """
            ),
            ("down", "field", "mere", "wick", "croft", "gate", "spur"),
            ("Road", "Street", "Close", "Avenue", "Lane", "Way"),
        )
    ]
)
TOWNS = {  # by force code; other forces take from GENERAL_TOWNS
    "36": ("Norwich", "King's Lynn", "Great Yarmouth", "Thetford", "Dereham", "Cromer", "Swaffham", "Diss"),
    "37": ("Ipswich", "Lowestoft", "Bury St Edmunds", "Felixstowe", "Sudbury", "Haverhill", "Stowmarket", "Newmarket"),
    "47": ("Brighton", "Hove", "Crawley", "Worthing", "Eastbourne", "Hastings", "Bognor Regis", "Lewes"),
    "45": ("Guildford", "Woking", "Redhill", "Epsom", "Staines", "Camberley", "Farnham", "Dorking"),
    "22": ("Worcester", "Telford", "Shrewsbury", "Hereford", "Redditch", "Kidderminster", "Malvern", "Ludlow"),
}
GENERAL_TOWNS = _words(
    """
    Accrington Andover Ashford Aylesbury Banbury Barnsley Basildon Bedford Blackburn Bolton Boston Bridgend
    Burnley Carlisle Chatham Cheltenham Chester Chesterfield Colchester Corby Coventry Crewe Darlington Derby
    Doncaster Dover Dudley Durham Exeter Gateshead Gloucester Grimsby Halifax Harlow Hartlepool Huddersfield
    Kettering Lancaster Lincoln Llanelli Luton Maidstone Mansfield Middlesbrough Newport Nuneaton Oldham Oxford
    Peterborough Plymouth Poole Preston Reading Rhyl Rochdale Rotherham Rugby Salisbury Scunthorpe Slough
    Southport Stafford Stevenage Stockport Swindon Taunton Torquay Wakefield Walsall Warrington Watford Wigan
    Wrexham Yeovil York
    """
)
POSTCODE_AREAS = {"36": "NR", "37": "IP", "47": "BN", "45": "GU", "22": "WR"}
GENERAL_AREAS = (
    "BB",
    "CB",
    "CF",
    "CH",
    "CV",
    "DE",
    "DN",
    "EX",
    "GL",
    "HD",
    "LE",
    "LN",
    "ME",
    "NE",
    "OL",
    "PR",
    "SN",
    "TS",
)
NEVER_ISSUED_INWARD = pa.array([a + b for a in "CIKMOV" for b in "ABDEFGHJ"])
NEVER_ISSUED_MARK = pa.array([a + b + c for a in "ABDEG" for b in "IQ" for c in "HJKLN"])

PREMISES = pa.array(
    [
        f"{name} {kind}"
        for name, kind in itertools.product(
            (
                "the Copper Kettle", "the Blue Lantern", "Corner", "the Harbour Star", "Parkside", "the Old Foundry",
                "the Green Parrot", "Sunrise", "the Tin Whistle", "Royal Oak Yard", "the Quayside", "Meadow",
                "Station Approach", "Silverbirch", "the White Hare", "Orchard", "the Broken Clock",
                "Northgate", "Midway", "the Red Heron",
            ),
            ("cafe", "takeaway", "pub", "shop", "flats", "car park", "gym", "guest house", "hostel", "arcade", "units"),
        )
    ]
)  # fmt: skip
LANDLINE_AREAS = ("0113", "0114", "0115", "0116", "0117", "0118", "0121", "0131", "0141", "0151", "0161")
CARS = pa.array(
    [
        f"{colour} {model}"
        for colour, model in itertools.product(
            ("black", "silver", "white", "grey", "dark blue", "red", "green"),
            [
                "Golf",
                "Fiesta",
                "Corsa",
                "Astra",
                "Focus",
                "Polo",
                "Clio",
                "Micra",
                "BMW 1 series",
                "Audi A3",
                "Transit van",
                "people carrier",
                "estate",
            ],
        )
    ]
)
ALIASES = pa.array(
    _words(
        """
    Ace Badger Biscuit Blaze Boxer Chip Dash Deuce Diesel Domino Ems Ferret Fizz Ghost Ginge Jaz Jet Kez Lanky
    Lux Mace Maz Mitch Moose Nomad Pip Raz Reds Rico Rook Sauce Shaz Skip Slim Smiley Spider Taz Tiny Uncle Vee
    Wiz Zed
    """
    )
)
OPERATIONS = pa.array(
    _words(
        """
    Amberley Bracken Calder Dovetail Elmswell Foxglove Gannet Heron Inkwell Jackdaw Kingfisher Lantern Marigold
    Nutmeg Osprey Plover Quarry Redwing Saffron Tamarisk Umber Vellum Wagtail Yarrow Zephyr Almond Birchwood
    Curlew
    """
    )
)
PLATFORMS = pa.array(
    [
        "social media",
        "a messaging app",
        "a gaming platform",
        "a live chat app",
        "a video app",
        "a group chat",
        "a dating app",
    ]
)
RANKS = pa.array(["PC", "PC", "PC", "PCSO", "DC", "DC", "DS", "Sgt", "Intel Officer", "Field Officer"])
WITNESSES = pa.array(
    ["the social worker", "a neighbour", "her aunt", "the school", "a key worker", "the landlord", "a colleague",
     "the caller", "a health visitor", "the manager", "a youth worker", "his brother", "a taxi driver", "a shop worker"]
)  # fmt: skip
LOCAL_TAGS = pa.array(["Wildlife", "Rural Crime", "Night-time Economy", "Festival"])  # no national tag: OTHER
